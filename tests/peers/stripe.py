"""Stripe for tests, on a free port of the loopback: localstripe, and what it lacks of what we rely on.

A method on confirmation, the amount received, intents for whatever the account takes, refunds bounded by what was captured, and idempotency
keys: https://docs.stripe.com/api/payment_intents/confirm, https://docs.stripe.com/api/idempotent_requests.
"""

import json
import socket
import sys

from aiohttp import web
from localstripe import resources
from localstripe.errors import UserError
from localstripe.resources import PaymentIntent, PaymentMethod, Refund, extra_apis

confirm = PaymentIntent._api_confirm


def confirm_with(id, payment_method=None, **kwargs):
    intent = PaymentIntent._api_retrieve(id)
    if payment_method is not None:
        if intent.status not in ("requires_payment_method", "requires_confirmation"):
            raise UserError(400, "This PaymentIntent is " + intent.status)
        intent.payment_method = PaymentMethod._api_retrieve(payment_method).id
        intent.latest_charge = None
    return confirm(id, **kwargs)


extra_apis[:] = [
    (method, url, confirm_with if url.endswith("/payment_intents/{id}/confirm") else func) for method, url, func in extra_apis
]


def received(intent):
    if intent.status != "succeeded":
        return 0
    freed = [r.amount for r in of_charge(intent.latest_charge.id) if not r.metadata and r.payment_intent is None]
    return intent.amount - sum(freed)


def of_charge(charge):
    return [value for key, value in resources.store.items() if key.startswith("refund:") and value.charge == charge]


open_intent = PaymentIntent._api_create.__func__


def open_for_any_method(cls, automatic_payment_methods=None, **data):
    return open_intent(cls, **data)


PaymentIntent._api_create = classmethod(open_for_any_method)
PaymentIntent.amount_received = property(received)
refund = Refund._api_create.__func__


def refund_within(cls, **data):
    intent = PaymentIntent._api_retrieve(data["payment_intent"])
    given = sum(r.amount for r in of_charge(intent.latest_charge.id))
    if given + int(data["amount"]) > intent.amount:
        raise UserError(400, "Refund amount is greater than unrefunded amount on charge")
    return refund(cls, **data)


Refund._api_create = classmethod(refund_within)

from localstripe import server  # noqa: E402, its routes are made of what was replaced above

answered = {}


@web.middleware
async def once(request, handler):
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return await handler(request)
    body = await request.text()
    if key in answered:
        earlier, status, text = answered[key]
        if earlier != (request.path, body):
            raise UserError(400, "Keys for idempotent requests can only be used with the same parameters")
        headers = {"Idempotent-Replayed": "true"}
        return web.Response(status=status, text=text, headers=headers, content_type="application/json")
    try:
        answer = await handler(request)
        answered[key] = ((request.path, body), answer.status, answer.text)
        return answer
    except UserError as error:
        answered[key] = ((request.path, body), error.code, json.dumps(error.body))
        raise


server.app.middlewares.append(once)
listener = socket.socket()
listener.bind(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
web.run_app(server.app, sock=listener, print=None)
