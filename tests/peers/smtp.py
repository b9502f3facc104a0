"""A mail server for tests: keeps what it takes, one JSON line a mail.

Recipients choose what they are answered: `never…` is refused for good, `later…` is put off twice.
"""

import asyncio
import collections
import json
import sys

from aiosmtpd.smtp import SMTP

tries = collections.Counter()


class Keeper:
    def __init__(self, file):
        self.file = file

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("never"):
            return "550 5.1.1 nobody here"
        tries[address] += 1
        if address.startswith("later") and tries[address] <= 2:
            return "451 4.7.1 come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {"to": envelope.rcpt_tos, "text": envelope.content.decode()}
        print(json.dumps(mail), file=self.file, flush=True)
        return "250 OK"


async def main(port, file):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keeper(file)), "127.0.0.1", port)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


with open(sys.argv[2], "a", encoding="utf-8") as kept:
    asyncio.run(main(int(sys.argv[1]), kept))
