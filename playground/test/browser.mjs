// Drives the playground of a running gateway the way a developer would, with
// every other host out of reach.
// Usage: node test/browser.mjs http://127.0.0.1:8080 [SCREENSHOT]

import { chromium } from 'playwright-core';

const base = new URL(process.argv[2] ?? 'http://127.0.0.1:8080');
const screenshot = process.argv[3] ?? 'playground.png';
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

const QUERY = 'query Sellers { products(first: 3) { nodes { id title seller { name user { displayName } } } } }';
const OWN = '{ me { user { seller { products(first: 1) { nodes { id title } } } } } }';
const SAVE = 'mutation($input: ProductInput!) { productSave(input: $input) { product { title } userErrors { code message } } }';

const foreign = [];
const complaints = [];
const subscribed = [];
let current = 'start the browser';

const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 1360, height: 820 } });
context.setDefaultTimeout(20_000);
// What an editor holds, the lines out of sight included.
await context.addInitScript(() => {
  globalThis.modelText = (name) =>
    globalThis.__MONACO?.editor.getModels().find(({ uri }) => uri.path.endsWith(name))?.getValue() ?? '';
});
const page = await context.newPage();

try {
  await watch();
  await step('load the page', load);
  await step('wait for the editor and the schema', waitForEditor);
  const seller = await step('sign in as the first seller', signInAsSeller);
  await step('query across users and products', queryAcrossModules);
  const own = await step(`find a product of ${seller}`, ownProduct);
  await step('subscribe to the product', () => subscribeTo(own));
  await step('change the product and see the event', () => seeEvent(own));
  await page.screenshot({ path: screenshot });
  await step('put the title back', () => save(own.id, own.title));
  await step('check that nothing else was contacted', nothingForeign);
  console.log(`ok    screenshot in ${screenshot}`);
} catch (error) {
  console.error(`FAIL  ${current}: ${error.message}`);
  for (const complaint of complaints) console.error(`      the browser said: ${complaint}`);
  await page.screenshot({ path: screenshot }).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function step(name, run) {
  current = name;
  const result = await run();
  console.log(`ok    ${name}`);
  return result;
}

/** Blocks and notes what leaves the gateway; notes what the page complains of. */
async function watch() {
  const isForeign = (url) => /^(https?|wss?):$/.test(url.protocol) && url.host !== base.host;
  await context.route(isForeign, (route) => {
    foreign.push(route.request().url());
    return route.abort();
  });
  await context.routeWebSocket(isForeign, (socket) => {
    foreign.push(socket.url());
    return socket.close();
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(String(payload));
      if (message.type === 'subscribe') subscribed.push(message.payload);
    }),
  );
}

async function load() {
  const response = await page.goto(base.href);
  assert(response?.ok(), `the gateway answered ${response?.status()}`);
  const policy = response.headers()['content-security-policy'] ?? '';
  assert(policy.includes("script-src 'self'"), `the page has no strict content security policy, but "${policy}"`);
}

async function waitForEditor() {
  await page.waitForSelector('.graphiql-query-editor .view-line');
  // The explorer of types is there once the introspection has been answered.
  await page.click('button[aria-label*="Documentation Explorer"]');
  await page.waitForSelector('.graphiql-doc-explorer-content :text("Root Types")');
  await page.click('button[aria-label*="Documentation Explorer"]');
}

async function signInAsSeller() {
  await page.click('[data-weft="sign-in"]');
  const user = page.locator('[data-role="SELLER"]').first();
  const email = await user.getAttribute('data-email');
  await user.click();
  await page.waitForSelector(`[data-weft="sign-in"][data-signed-in="${email}"], .weft-problem`);
  const problem = await page.locator('.weft-problem').textContent({ timeout: 100 }).catch(() => null);
  assert(!problem, problem);
  return email;
}

async function queryAcrossModules() {
  await page.click('.graphiql-query-editor .view-lines');
  await page.keyboard.press('Control+A');
  await paste(QUERY);
  await page.keyboard.press('Control+Enter');
  const response = await waitForResponse((body) => body.data !== undefined || body.errors);
  assert(!response.errors, `errors: ${JSON.stringify(response.errors)}`);
  const nodes = response.data.products.nodes;
  assert(nodes.length === 3, `expected 3 products, got ${nodes.length}`);
  for (const node of nodes) {
    assert(node.title && node.seller?.name && node.seller.user?.displayName, `a product came without its seller: ${JSON.stringify(node)}`);
  }
  const shown = await page.locator('.graphiql-response .view-lines').textContent();
  assert(shown?.includes('products'), 'the response panel shows nothing');
}

/** Typing would have the editor close every bracket by itself. */
async function paste(text) {
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  await eventually('the editor took no text', () =>
    page.evaluate((text) => globalThis.modelText('operation.graphql') === text, text),
  );
}

async function ownProduct() {
  const { data, errors } = await ask(OWN);
  assert(!errors, `errors: ${JSON.stringify(errors)}`);
  const product = data.me?.user?.seller?.products?.nodes?.[0];
  assert(product, `the seller has no product: ${JSON.stringify(data)}`);
  return product;
}

async function subscribeTo(product) {
  await page.click('[data-weft="examples"]');
  await page.click('[data-example="products/events"]');
  await page.waitForFunction((id) => globalThis.modelText('variables.json').includes(id), product.id);
  await page.click('.graphiql-execute-button');
  await eventually('the subscription was not sent', () => subscribed.length > 0);
  assert(JSON.stringify(subscribed[0].variables.ids) === JSON.stringify([product.id]), `subscribed with ${JSON.stringify(subscribed[0].variables)}`);
}

/** Saves until an event comes, as the protocol does not tell when it listens. */
async function seeEvent(product) {
  const titles = [];
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const title = `${product.title} (seen ${attempt})`;
    titles.push(title);
    await save(product.id, title);
    const event = await waitForResponse((body) => body.data?.productEvents || body.errors, 2_000).catch(() => null);
    if (!event) continue;
    assert(!event.errors, `errors: ${JSON.stringify(event.errors)}`);
    assert(event.data.productEvents.product.id === product.id, `an event of another product: ${JSON.stringify(event.data)}`);
    assert(titles.includes(event.data.productEvents.product.title), `an event without the new title: ${JSON.stringify(event.data)}`);
    return;
  }
  throw new Error(`no event came after ${titles.length} changes`);
}

async function nothingForeign() {
  assert(foreign.length === 0, `the page asked for ${foreign.join(', ')}`);
  assert(complaints.length === 0, `the browser complained ${complaints.length} times`);
}

async function save(id, title) {
  const { data, errors } = await ask(SAVE, { input: { id, title } });
  const failures = errors ?? data.productSave.userErrors;
  assert(failures.length === 0, `productSave failed: ${JSON.stringify(failures)}`);
}

/** Asks the gateway from within the page, as whoever is signed in. */
function ask(query, variables = {}) {
  return page.evaluate(
    async (body) => {
      const { token } = JSON.parse(sessionStorage.getItem('weft.session') ?? '{}');
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) });
      return response.json();
    },
    { query, variables },
  );
}

async function waitForResponse(isDone, timeout = 20_000) {
  let last;
  await eventually('the response panel stayed empty', async () => {
    last = await page.evaluate(() => globalThis.modelText('response.json')).then(JSON.parse).catch(() => null);
    return last && isDone(last);
  }, timeout);
  return last;
}

async function eventually(message, isDone, timeout = 20_000) {
  const end = Date.now() + timeout;
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error(message);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}
