// openid-client as its users have it: discovery, a token, a resource, introspection, revocation.
// Reads what to do from standard input as JSON, writes what came back as JSON.
import * as client from 'openid-client'
import { importJWK } from 'jose'
import { text } from 'node:stream/consumers'

const asked = JSON.parse(await text(process.stdin))
const authentications = {
  client_secret_basic: () => client.ClientSecretBasic(asked.client_secret),
  client_secret_post: () => client.ClientSecretPost(asked.client_secret),
  client_secret_jwt: () => client.ClientSecretJwt(asked.client_secret),
  private_key_jwt: async () =>
    client.PrivateKeyJwt({ key: await importJWK(asked.private_jwk, asked.alg), kid: asked.kid }),
}

async function whole(config, DPoP) {
  const token = await client.clientCredentialsGrant(config, {}, { DPoP })
  const shown = await client.fetchProtectedResource(
    config, token.access_token, new URL(asked.resource), 'GET', undefined, undefined, { DPoP })
  const before = await client.tokenIntrospection(config, token.access_token)
  await client.tokenRevocation(config, token.access_token)
  const after = await client.tokenIntrospection(config, token.access_token)
  return { token, resource: shown.status, before, after }
}

const results = {}
let issuer
for (const method of asked.methods) {
  const config = await client.discovery(
    new URL(asked.issuer), asked.client_id, undefined, await authentications[method](),
    { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }) // loopback without TLS
  issuer = config.serverMetadata().issuer
  results[method] = await whole(config)
  for (const alg of asked.dpop_algs) {
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg))
    results[`${method} ${alg}`] = await whole(config, DPoP)
  }
}
process.stdout.write(JSON.stringify({ issuer, results }))
