// Prints one JSON line for every change of some products, for ever:
//
//   WEFT_EMAIL=jackson-chloe@demo.example WEFT_PASSWORD=weft-demo-2026 npm run watch -- prod_01KCXKZQQ2WA0CPSVDR8PGTVQ5
//
// Pull the plug, restart the gateway, stop this program and start it again: each
// change is printed once. `WEFT_URL` names another gateway, `WEFT_CURSOR_FILE`
// another place for the cursor.

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import WebSocket from 'ws';
import { connect, follow, type CursorStore, type StreamEvent } from './resume.ts';
import { Session, SignedOut } from './session.ts';

const { WEFT_URL = 'http://127.0.0.1:8080', WEFT_EMAIL, WEFT_PASSWORD, WEFT_CURSOR_FILE = 'cursor.txt' } = process.env;
const ids = process.argv.slice(2);

interface Product {
  id: string;
  version: number;
  title: string;
}

interface ProductEvent extends StreamEvent {
  changed: string[];
  /** As of now, not as of the event: show it, don't count with it. */
  product: Product;
}

const EVENTS = `
  subscription ProductEvents($ids: [ID!]!, $after: String) {
    productEvents(ids: $ids, after: $after) { cursor changed product { id version title } }
  }
`;

const SNAPSHOT = `
  query Products($ids: [ID!]!) {
    nodes(ids: $ids) { ... on Product { id version title } }
  }
`;

/** A cursor in a file, replaced as a whole. */
function inFile(path: string): CursorStore {
  return {
    load: () => readFile(path, 'utf8').then((text) => text.trim() || undefined, () => undefined),
    async save(cursor) {
      if (cursor === undefined) return rm(path, { force: true });
      await writeFile(`${path}.new`, cursor);
      await rename(`${path}.new`, path);
    },
  };
}

const session = new Session(WEFT_URL, () => {
  if (!WEFT_EMAIL || !WEFT_PASSWORD) throw new SignedOut('set WEFT_EMAIL and WEFT_PASSWORD');
  return { password: { email: WEFT_EMAIL, password: WEFT_PASSWORD } };
});
const client = connect(session, WebSocket);
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());

try {
  await follow<ProductEvent>({
    client,
    query: EVENTS,
    variables: { ids },
    store: inFile(WEFT_CURSOR_FILE),
    async reload() {
      const { nodes } = await session.ask<{ nodes: (Product | null)[] }>(SNAPSHOT, { ids });
      print({ type: 'snapshot', products: nodes });
    },
    handle: ({ cursor, changed, product }) => print({ type: 'event', cursor, changed, product }),
    onPause: (reason, milliseconds) => console.error(`${reason}; again in ${milliseconds} ms`),
    signal: ending.signal,
  });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  // A connection that never opened needs no closing.
  await Promise.allSettled([client.dispose()]);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
