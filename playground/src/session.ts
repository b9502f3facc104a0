// Who is signed in. Kept for the tab only: closing it forgets the token.

import { useSyncExternalStore } from 'react';

/** A user of the demo data, as listed by the gateway. */
export type DemoUser = { email: string; displayName: string; role: string };

export type DemoUsers = { password: string; users: DemoUser[] };

export type Session = DemoUser & { token: string };

type State = {
  session: Session | null;
  /** What went wrong last, in words for the reader. */
  problem: string | null;
};

const KEY = 'weft.session';

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  sessionSignIn(input: $input) {
    accessToken
    account { id }
    userErrors { code message }
  }
}`;

let state: State = { session: restore(), problem: null };
const listeners = new Set<() => void>();

export function useSession(): State {
  return useSyncExternalStore(subscribe, () => state);
}

export function currentToken(): string | null {
  return state.session?.token ?? null;
}

/** Answers whether it worked; the reason of a failure is in `problem`. */
export async function signIn(user: DemoUser, password: string): Promise<boolean> {
  try {
    const token = await requestToken(user.email, password);
    replace({ session: { ...user, token }, problem: null });
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    replace({ ...state, problem: `Could not sign in as ${user.displayName}: ${reason}` });
    return false;
  }
}

export function signOut(): void {
  replace({ session: null, problem: null });
}

/** The gateway no longer accepts the token. */
export function sessionEnded(token: string): void {
  if (state.session?.token === token) {
    replace({ session: null, problem: 'Your session has ended. Please sign in again.' });
  }
}

export function dismissProblem(): void {
  replace({ ...state, problem: null });
}

/** Null when the gateway has no demo data. */
export async function loadDemoUsers(): Promise<DemoUsers | null> {
  try {
    const response = await fetch('/playground/demo-users.json', { headers: { accept: 'application/json' } });
    const demo = response.ok ? ((await response.json()) as DemoUsers) : null;
    return demo?.users?.length ? demo : null;
  } catch {
    return null;
  }
}

async function requestToken(email: string, password: string): Promise<string> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9' },
    body: JSON.stringify({
      query: SIGN_IN,
      operationName: 'SignIn',
      variables: { input: { method: { password: { email, password } } } },
    }),
  }).catch(() => {
    throw new Error('the gateway cannot be reached.');
  });
  const body = await response.json().catch(() => {
    throw new Error(`the gateway answered ${response.status} ${response.statusText}`.trimEnd() + '.');
  });
  const payload = body.data?.sessionSignIn;
  const failure = body.errors?.[0] ?? payload?.userErrors?.[0];
  if (payload?.accessToken) return payload.accessToken;
  throw new Error(failure?.message ?? 'the gateway sent no token.');
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function replace(next: State): void {
  state = next;
  try {
    if (next.session) sessionStorage.setItem(KEY, JSON.stringify(next.session));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage the session lasts until the page is reloaded.
  }
  listeners.forEach((listener) => listener());
}

function restore(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  } catch {
    return null;
  }
}
