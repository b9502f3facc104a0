// A browser with a virtual authenticator enrols a passkey with a running gateway and
// signs in with it: alone, as a second step, and from another page, where it can't.
// Usage: node passkeys.mjs http://localhost:8080

import { chromium } from 'playwright-core';

const base = process.argv[2];
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });

try {
  const page = await browser.newPage();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(`${base}/health/live`);
  const done = await page.evaluate(walk, base);
  for (const step of done) console.log(`ok    ${step}`);
} catch (error) {
  console.log(`FAIL  ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

/** Runs in the page. */
async function walk(base) {
  const done = [];
  const ask = async (query, variables = {}, token) => {
    const headers = { 'content-type': 'application/json' };
    if (token) headers.authorization = `Bearer ${token}`;
    const response = await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    const payload = data && Object.values(data)[0];
    if (errors || payload?.userErrors?.length) throw new Error(JSON.stringify(errors ?? payload.userErrors));
    return payload;
  };
  const signIn = (method) =>
    ask(
      'mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { accessToken mfaChallenge { id passkeyOptions } userErrors { code message } } }',
      { method },
    );
  const get = async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return (await navigator.credentials.get({ publicKey })).toJSON();
  };
  const password = { password: { email: 'ada@example.com', password: 'correct horse battery' } };

  const input = { email: 'ada@example.com', password: 'correct horse battery', handle: 'ada', displayName: 'Ada' };
  await ask('mutation($input: SignUpInput!) { accountSignUp(input: $input) { userErrors { code message } } }', { input });
  const { accessToken } = await signIn(password);

  const enroll = 'mutation { mfaEnroll(kind: WEBAUTHN) { factor { id } secret userErrors { code message } } }';
  const begun = await ask(enroll, {}, accessToken);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(begun.secret));
  const created = await navigator.credentials.create({ publicKey });
  const confirm = 'mutation($id: ID!, $code: String!) { mfaFactorSet(id: $id, code: $code) { userErrors { code message } } }';
  await ask(confirm, { id: begun.factor.id, code: JSON.stringify(created.toJSON()) }, accessToken);
  done.push('enrol a passkey');

  const alone = await ask('mutation { passkeyChallenge { options userErrors { code } } }');
  const signedIn = await signIn({ passkey: await get(alone.options) });
  if (!signedIn.accessToken) throw new Error('no token');
  done.push('sign in with nothing but the passkey');

  const { mfaChallenge } = await signIn(password);
  const response = JSON.stringify(await get(mfaChallenge.passkeyOptions));
  const second = await signIn({ mfa: { challengeId: mfaChallenge.id, response } });
  if (!second.accessToken) throw new Error('no token');
  done.push('answer a second step');
  return done;
}
