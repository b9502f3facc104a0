// An OpenID Connect provider for tests: `node oidc.mjs <port>`.
//
// Everybody whom a test names has an account. `/control/…` signs them in as a browser would:
//   code?account=&challenge=&nonce=&client=   an authorization code
//   tokens?account=&client=                   what such a code is exchanged for, with an access token for `weft`
//   rotate                                    other keys from now on

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const port = Number(process.argv[2])
const issuer = `http://127.0.0.1:${port}`
const redirect = 'https://app.example/callback'

const client = (id, more) => ({
  client_id: id,
  redirect_uris: [redirect],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  ...more,
})

const clients = [
  client('weft', { client_secret: 'a secret: with/odd+signs', id_token_signed_response_alg: 'RS256' }),
  client('weft-app', { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'EdDSA' }),
]

const key = (type, options, name, alg) => {
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' })
  return { ...jwk, alg, use: 'sig', kid: `${name}-${randomBytes(4).toString('hex')}` }
}

let serve

function start() {
  const keys = [
    key('rsa', { modulusLength: 2048 }, 'rsa', 'RS256'),
    key('ed25519', undefined, 'ed', 'EdDSA'),
    key('ec', { namedCurve: 'P-256' }, 'ec', 'ES256'),
  ]
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys },
    cookies: { keys: ['not a secret'] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'EdDSA', 'ES256'] },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource, client) => ({
          scope: 'api',
          audience: resource.replace('urn:', ''),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: client.idTokenSignedResponseAlg } },
        }),
        useGrantedResource: () => true,
      },
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `${id} of the provider`,
        preferred_username: id,
        email: `${id}@id.example`,
        email_verified: true,
      }),
    }),
    // Nobody is asked for consent.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      })
      grant.addOIDCScope('openid profile email')
      grant.addResourceScope('urn:weft', 'api')
      await grant.save()
      return grant
    },
  })
  const callback = provider.callback()
  serve = async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return callback(request, response)
    const { params } = await provider.interactionDetails(request, response)
    await provider.interactionFinished(request, response, { login: { accountId: params.login_hint } })
  }
}

/** Signs somebody in as a browser does; answers the code that comes back. */
async function code({ account, challenge, nonce, client = 'weft', resource }) {
  const jar = new Map()
  const parameters = {
    client_id: client,
    response_type: 'code',
    scope: 'openid profile email' + (resource ? ' api' : ''),
    redirect_uri: redirect,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    login_hint: account,
    ...(nonce && { nonce }),
    ...(resource && { resource }),
  }
  let address = `${issuer}/auth?${new URLSearchParams(parameters)}`
  while (!address.startsWith(redirect)) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(address, { redirect: 'manual', headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=')
      jar.set(name, value)
    }
    const location = answer.headers.get('location')
    if (!location) throw new Error(`${address}: ${answer.status} ${await answer.text()}`)
    address = new URL(location, issuer).href
  }
  const back = new URL(address).searchParams
  if (!back.get('code')) throw new Error(address)
  return { code: back.get('code') }
}

async function tokens({ account, client = 'weft' }) {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const back = await code({ account, challenge, client, resource: 'urn:weft' })
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    redirect_uri: redirect,
    code_verifier: verifier,
    resource: 'urn:weft',
    ...back,
  })
  const headers = {}
  if (client === 'weft') {
    const [id, secret] = [client, clients[0].client_secret].map(encodeURIComponent)
    headers.authorization = `Basic ${btoa(`${id}:${secret}`)}`
  } else {
    body.set('client_id', client)
  }
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body, headers })
  return answer.json()
}

start()
const control = { code, tokens, rotate: async () => start() }

createServer(async (request, response) => {
  const url = new URL(request.url, issuer)
  if (!url.pathname.startsWith('/control/')) return serve(request, response)
  try {
    const done = await control[url.pathname.slice('/control/'.length)](Object.fromEntries(url.searchParams))
    response.end(JSON.stringify(done ?? {}))
  } catch (error) {
    response.statusCode = 500
    response.end(String(error))
  }
}).listen(port, '127.0.0.1', () => console.log('ready'))
