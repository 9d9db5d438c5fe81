// oauth4webapi as its users have it: discovery, a token, a resource, introspection, revocation.
// Reads what to do from standard input as JSON, writes what came back as JSON.
import * as oauth from 'oauth4webapi'
import { importJWK } from 'jose'
import { text } from 'node:stream/consumers'

const asked = JSON.parse(await text(process.stdin))
const insecure = { [oauth.allowInsecureRequests]: true } // loopback without TLS
const issuer = new URL(asked.issuer)
const client = { client_id: asked.client_id }

const key = async () =>
  oauth.PrivateKeyJwt({ key: await importJWK(asked.private_jwk, asked.alg), kid: asked.kid })
const authentications = {
  client_secret_basic: () => oauth.ClientSecretBasic(asked.client_secret),
  client_secret_post: () => oauth.ClientSecretPost(asked.client_secret),
  client_secret_jwt: () => oauth.ClientSecretJwt(asked.client_secret),
  private_key_jwt: key,
}

async function whole(authenticate, DPoP) {
  const authentication = await authenticate()
  const options = { ...insecure, ...(DPoP && { DPoP }) }
  const ask = () =>
    oauth.clientCredentialsGrantRequest(server, client, authentication, {}, options)
      .then((response) => oauth.processClientCredentialsResponse(server, client, response))
  const token = await ask().catch((error) => {
    if (!DPoP || !oauth.isDPoPNonceError(error)) throw error
    return ask() // the library has kept the nonce
  })
  const show = () =>
    oauth.protectedResourceRequest(
      token.access_token, 'GET', new URL(asked.resource), undefined, undefined, options)
  const shown = await show().catch((error) => {
    if (!DPoP || !oauth.isDPoPNonceError(error)) throw error
    return show()
  })
  const introspect = async () =>
    oauth.processIntrospectionResponse(server, client,
      await oauth.introspectionRequest(server, client, authentication, token.access_token, insecure))
  const before = await introspect()
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, token.access_token, insecure))
  return { token, resource: shown.status, before, after: await introspect() }
}

const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
const server = await oauth.processDiscoveryResponse(issuer, discovered)
const results = {}
for (const method of asked.methods) {
  results[method] = await whole(authentications[method])
  for (const alg of asked.dpop_algs) {
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg))
    results[`${method} ${alg}`] = await whole(authentications[method], DPoP)
  }
}
process.stdout.write(JSON.stringify({ issuer: server.issuer, results }))
