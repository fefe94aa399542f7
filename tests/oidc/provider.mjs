// A real OpenID provider. Argument: port. Whoever comes with the cookie who=<subject>[:<method>] is signed in as them;
// who=nobody turns back. POST /rotate changes the signing key, as providers do.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const back = ['http://lianshen.test/login/provider'];

function made(algorithm) {
  const { privateKey } = algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomBytes(6).toString('hex');
  const key = { ...privateKey.export({ format: 'jwk' }), alg: algorithm, use: 'sig', kid };
  const client = (id, more) => ({
    client_id: id, redirect_uris: back, response_types: ['code'], grant_types: ['authorization_code'],
    id_token_signed_response_alg: algorithm, ...more,
  });
  return new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [
      client('lianshen', { client_secret: 'a secret/with+signs%' }),
      client('public', { token_endpoint_auth_method: 'none' }),
      // Back to this machine at any port (RFC 8252, 7.3): where a test's browser finds us.
      client('local', {
        application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/login/provider'],
      }),
    ],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub', 'amr', 'acr'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  });
}

let algorithm = 'RS256';
let provider = made(algorithm);

async function interact(request, response) {
  const who = /(?:^|; )who=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? 'nobody';
  const [accountId, method] = who.split(':');
  const result = accountId === 'nobody'
    ? { error: 'access_denied' }
    : { login: { accountId, remember: false, ...(method ? { amr: ['pwd', method] } : {}) }, consent: {} };
  await provider.interactionFinished(request, response, result);
}

createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/rotate') {
    algorithm = algorithm === 'RS256' ? 'ES256' : 'RS256';
    provider = made(algorithm);
    response.end(algorithm);
  } else if (request.url.startsWith('/interaction/')) {
    interact(request, response).catch((error) => { response.statusCode = 500; response.end(String(error)); });
  } else {
    provider.callback()(request, response);
  }
}).listen(port, '127.0.0.1', () => console.log('ready'));
