// Sends operations to the gateway: over HTTP, and subscriptions over WebSocket.

import type { Fetcher, FetcherOpts, FetcherParams, Observable } from '@graphiql/toolkit';
import { Kind, parse, type DefinitionNode, type ExecutionResult, type OperationDefinitionNode } from 'graphql';
import { createClient } from 'graphql-ws';

import { currentToken, sessionEnded } from './session';

const ENDPOINT = '/graphql';

type Observer = {
  next: (result: ExecutionResult) => void;
  error: (error: unknown) => void;
  complete: () => void;
};

export const fetcher: Fetcher = ({ query, variables, operationName }, options) => {
  const operation = operationToRun(query, operationName);
  const request = { query, variables, operationName: operation ? operation.name?.value : operationName };
  return operation?.operation === 'subscription' ? follow(request, options) : post(request, options);
};

export async function post(request: FetcherParams, options: FetcherOpts & { signal?: AbortSignal } = {}): Promise<ExecutionResult> {
  const token = currentToken();
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json;q=0.9',
  });
  if (token) headers.set('authorization', `Bearer ${token}`);
  // Whatever the headers editor says wins, the authorization included.
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);

  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers,
    body: JSON.stringify(request),
    signal: options.signal,
  }).catch((cause) => {
    throw new Error('The gateway cannot be reached.', { cause });
  });
  const result: ExecutionResult = await response.json().catch((cause) => {
    throw new Error(`The gateway answered ${response.status} ${response.statusText} without a GraphQL response.`, { cause });
  });
  const isRefused = response.status === 401 || result.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED');
  if (token && isRefused && headers.get('authorization') === `Bearer ${token}`) sessionEnded(token);
  return result;
}

/**
 * One connection per subscription, so that each one runs as whoever was signed
 * in when it started. No silent reconnecting: a developer wants to see the end.
 */
function follow(request: FetcherParams, options?: FetcherOpts): Observable<ExecutionResult> {
  return {
    // GraphiQL always passes an object with all three functions.
    subscribe(sink) {
      const observer = sink as unknown as Observer;
      const token = currentToken();
      const connectionParams: Record<string, unknown> = token ? { authorization: `Bearer ${token}` } : {};
      for (const [name, value] of Object.entries(options?.headers ?? {})) connectionParams[name.toLowerCase()] = value;
      const client = createClient({ url: socketUrl(), connectionParams, retryAttempts: 0 });
      client.subscribe(
        { query: request.query, operationName: request.operationName, variables: request.variables },
        {
          next: (result) => observer.next(result as ExecutionResult),
          error: (error) => {
            if (token && isClose(error) && error.code === 4401) sessionEnded(token);
            observer.error(readable(error));
          },
          complete: () => observer.complete(),
        },
      );
      return { unsubscribe: () => void client.dispose() };
    },
  };
}

/**
 * The operation meant by `name`. The editor is slow to notice that its text has
 * changed, so a name the text does not know is ignored if there is no choice.
 */
function operationToRun(query: string, name: string | null | undefined): OperationDefinitionNode | undefined {
  const operations = definitions(query).filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const named = operations.find((operation) => name && operation.name?.value === name);
  return named ?? (operations.length === 1 ? operations[0] : undefined);
}

/** None if the text is not GraphQL; the gateway then says what is wrong. */
function definitions(query: string): readonly DefinitionNode[] {
  try {
    return parse(query).definitions;
  } catch {
    return [];
  }
}

function socketUrl(): string {
  const { protocol, host } = window.location;
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${ENDPOINT}`;
}

function isClose(error: unknown): error is CloseEvent {
  return typeof error === 'object' && error !== null && 'code' in error && 'reason' in error;
}

/** GraphQL errors pass as they are; a closed socket becomes a sentence. */
function readable(error: unknown): unknown {
  if (!isClose(error)) return error;
  const detail = `${error.code} ${error.reason}`.trim();
  return new Error(`The gateway closed the subscription (${detail}). Run it again to reconnect.`);
}
