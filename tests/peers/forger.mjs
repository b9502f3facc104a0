// An OAuth 2.0 server that signs whatever it is told: `node forger.mjs <port>`.
//
// It says `ready` with another port; a POST to `/` there answers a token: `payload` is merged into its claims, `header` into its header.
// `how` is `signed` (default), `none` (no signature), `public` (HS256 with the public key as the secret) or
// `elsewhere` (the right key id, another key).

import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { OAuth2Server } from 'oauth2-mock-server'

const port = Number(process.argv[2])
const server = new OAuth2Server()
await server.issuer.keys.generate('RS256')
await server.start(port, '127.0.0.1')
const [jwk] = server.issuer.keys.toJSON(true)

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function forged({ how = 'signed', header = {}, payload = {} }) {
  const transform = (head, body) => {
    Object.assign(head, header)
    Object.assign(body, payload)
  }
  const token = await server.issuer.buildToken({ scopesOrTransform: transform })
  if (how === 'signed') return token
  const [head, body] = token.split('.').map((half) => Buffer.from(half, 'base64url'))
  const claims = body.toString('base64url')
  const changed = JSON.parse(head)
  if (how === 'none') return `${part({ ...changed, alg: 'none' })}.${claims}.`
  if (how === 'elsewhere') {
    const input = `${part(changed)}.${claims}`
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  }
  const input = `${part({ ...changed, alg: 'HS256' })}.${claims}`
  const pem = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' })).export({ type: 'spki', format: 'pem' })
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
}

const forging = createServer(async (request, response) => {
  response.end(JSON.stringify({ token: await forged(JSON.parse(await text(request))) }))
})
forging.listen(0, '127.0.0.1', () => console.log(`ready ${forging.address().port}`))
