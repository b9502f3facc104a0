// Following a stream of events over a connection that breaks: every event is
// handled once and in order, however often the network, the token or the
// gateway goes away. Runs in browsers, in React Native and in Node.
//
// What the gateway promises, and this relies on:
//
// - Every event has a `cursor`. Passed back as `after`, the stream goes on
//   right behind it: what was missed is replayed, then new events follow.
// - A cursor that the event log no longer reaches is answered `STREAM_GAP`, with
//   a cursor to go on from once everything was loaded anew.
// - A client that reads too slowly is told `SLOW_CONSUMER`, one whose token has
//   ended is closed with 4403, one whose gateway stops with 1001. All three
//   mean: subscribe again behind the last cursor.

import { createClient, type Client } from 'graphql-ws';
import { SignedOut, type Session } from './session.ts';

/** What every event has: its place in the stream. */
export interface StreamEvent {
  cursor: string;
}

/** Where the last cursor is kept: in memory, in a file, in the app's database. */
export interface CursorStore {
  load(): Promise<string | undefined>;
  save(cursor: string | undefined): Promise<void>;
}

/** What to follow, and what to do with it. */
export interface Following<E extends StreamEvent> {
  client: Client;
  /** A subscription of one field, with the argument `after: $after`, that selects `cursor`. */
  query: string;
  /** Its variables but `after`. */
  variables?: Record<string, unknown>;
  store: CursorStore;
  /**
   * Loads everything anew: there is no cursor to go on from, at the first start
   * or because the gateway no longer has what was missed. Events that come
   * meanwhile are handled afterwards.
   */
  reload(): Promise<void>;
  /**
   * Takes one event; the next one waits for it. The cursor is saved afterwards,
   * so an app that dies in between sees the event again. To rule that out too,
   * write `event.cursor` in the same transaction as what the event changes, and
   * let `store.load` read it from there.
   */
  handle(event: E): Promise<void> | void;
  /** Ends it. */
  signal?: AbortSignal;
  /** Tells why the stream broke off, and how long it rests before it goes on. */
  onPause?(reason: string, milliseconds: number): void;
  /** The shortest and the longest rest between two tries, in milliseconds. */
  pause?: { shortest: number; longest: number };
}

/** The stream can't go on: trying again would not help. */
export class Unfollowable extends Error {}

/**
 * A connection to the gateway; any number of streams share it. Node before 22
 * has no WebSocket of its own: pass the one of the package `ws`.
 */
export function connect(session: Session, webSocketImpl?: unknown): Client {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const client: Client = createClient({
    url: `${session.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl,
    // Asked anew for every connection, so each has a token that is good.
    connectionParams: async () => ({ authorization: `Bearer ${await session.token()}` }),
    // The library would subscribe again from where the stream once began;
    // `follow` does it from the last cursor.
    retryAttempts: 0,
    // A stream that is subscribed again soon finds its connection open.
    lazyCloseTimeout: 1_000,
    // A phone that changes networks is not told that its connection is dead.
    keepAlive: 10_000,
    on: {
      ping: (isReceived) => {
        if (!isReceived) silence = setTimeout(() => client.terminate(), 5_000);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(silence);
      },
      closed: (event) => {
        clearTimeout(silence);
        // "token expired", "token revoked": the next connection brings a fresh one.
        if ((event as CloseEvent).code === 4403) session.expire();
      },
    },
  });
  return client;
}

/**
 * Follows a subscription until `signal` ends it. Rejects with `Unfollowable`
 * when the gateway refuses the subscription itself, with `SignedOut` when the
 * user has to sign in, and with whatever `handle` throws.
 */
export async function follow<E extends StreamEvent>(following: Following<E>): Promise<void> {
  const { store, signal, pause = { shortest: 250, longest: 30_000 } } = following;
  let cursor = await store.load();
  let isStale = false;
  let failures = 0;
  while (!signal?.aborted) {
    const began = Date.now();
    const stream = subscribe(following, cursor);
    let end: { reason: unknown } | undefined;
    try {
      // Subscribed first, so that nothing happens between the snapshot and the
      // first event; what comes twice is seen once more as of now.
      if (cursor === undefined) await rest(SETTLING, signal);
      // A cursor that came with `STREAM_GAP` is older than the snapshot.
      if (isStale || cursor === undefined) end = await outcome(following.reload());
      isStale &&= end !== undefined;
      while (!end) {
        const next = await stream.next();
        end = next.end;
        if (!next.event) break;
        await following.handle(next.event);
        cursor = next.event.cursor;
        failures = 0;
        await store.save(cursor);
      }
    } finally {
      stream.stop();
    }
    if (signal?.aborted) return;
    if (remedy(end?.reason) === 'reload') {
      isStale = true;
      cursor = cursorOf(end?.reason);
      await store.save(undefined);
    }
    if (Date.now() - began > pause.longest) failures = 0;
    const milliseconds = jittered(failures, pause);
    failures += 1;
    following.onPause?.(describe(end?.reason), milliseconds);
    await rest(milliseconds, signal);
  }
}

/**
 * How long a subscription gets to begin before the snapshot is loaded, in
 * milliseconds: the gateway does not say when it listens. Events show things as
 * of now, so should it take longer, the next event of a thing mends it.
 */
const SETTLING = 500;

/** Why something came to nothing; nothing when it did not. */
function outcome(work: Promise<void>): Promise<{ reason: unknown } | undefined> {
  return work.then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  );
}

interface Stream<E> {
  /** The next event, or why there is none. */
  next(): Promise<{ event: E; end?: undefined } | { event?: undefined; end: { reason: unknown } }>;
  stop(): void;
}

/** Subscribes once. Events wait here until they are asked for, the end behind them. */
function subscribe<E extends StreamEvent>(following: Following<E>, after: string | undefined): Stream<E> {
  const { client, query, signal } = following;
  const variables: Record<string, unknown> = { ...following.variables, after: after ?? null };
  const waiting: E[] = [];
  let ended: { reason: unknown } | undefined;
  let wake = () => {};
  const finish = (reason: unknown) => {
    ended ??= { reason };
    wake();
  };
  const unsubscribe = client.subscribe<Record<string, E>>(
    { query, variables },
    {
      next({ data, errors }) {
        if (ended) return;
        const event = data && Object.values(data)[0];
        // An event that could not be read is asked for once more.
        if (!event) {
          finish(errors);
          return stop();
        }
        // Should the library subscribe again by itself, then behind this one.
        variables['after'] = event.cursor;
        waiting.push(event);
        wake();
      },
      error: finish,
      // Streams of events have no end of their own: the gateway is going away.
      complete: () => finish(undefined),
    },
  );
  const stop = () => {
    finish(undefined);
    signal?.removeEventListener('abort', stop);
    unsubscribe();
  };
  signal?.addEventListener('abort', stop);
  return {
    stop,
    async next() {
      for (;;) {
        const event = waiting.shift();
        if (event && !signal?.aborted) return { event };
        if (ended) return { end: ended };
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** Errors of an operation that pass by themselves; the cursor stays good. */
const PASSING = new Set(['SLOW_CONSUMER', 'UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED', 'INTERNAL_SERVER_ERROR']);

/**
 * Close codes of a client that is wrong: a message that can't be read (4400,
 * 1009), no introduction (4401), another protocol (4406), one id for two
 * operations (4409), two introductions (4429).
 */
const OUR_FAULT = new Set([1009, 4400, 4401, 4406, 4409, 4429]);

/** What helps after a stream has ended like this. Throws when nothing does. */
function remedy(end: unknown): 'resume' | 'reload' {
  if (end instanceof SignedOut) throw end;
  if (Array.isArray(end)) {
    const code = codeOf(end[0]);
    if (code === 'STREAM_GAP') return 'reload';
    if (!code || !PASSING.has(code)) throw new Unfollowable(describe(end));
  }
  if (isClose(end) && OUR_FAULT.has(end.code)) throw new Unfollowable(describe(end));
  // The network, in whatever words the platform has for it.
  return 'resume';
}

function codeOf(error: unknown): string | undefined {
  return (error as { extensions?: { code?: string } } | undefined)?.extensions?.code;
}

/** The cursor that a `STREAM_GAP` tells to go on from. */
function cursorOf(end: unknown): string | undefined {
  const [error] = Array.isArray(end) ? end : [];
  return (error as { extensions?: { cursor?: string } } | undefined)?.extensions?.cursor;
}

function isClose(end: unknown): end is { code: number; reason: string } {
  return typeof end === 'object' && end !== null && 'code' in end && typeof end.code === 'number' && 'reason' in end;
}

function describe(end: unknown): string {
  if (Array.isArray(end)) return `${codeOf(end[0]) ?? 'error'}: ${end[0]?.message}`;
  if (isClose(end)) return `closed with ${end.code} ${end.reason}`.trim();
  return (end as { message?: string } | undefined)?.message || 'the connection was lost';
}

/** Doubles with every failure, and differs between clients: they all lost the same gateway. */
function jittered(failures: number, { shortest, longest }: { shortest: number; longest: number }): number {
  const whole = Math.min(longest, 2 * shortest * 2 ** failures);
  return Math.round(whole / 2 + (Math.random() * whole) / 2);
}

/** Waits, shorter when the signal ends it. */
function rest(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (signal?.aborted) return done();
    signal?.addEventListener('abort', done);
  });
}
