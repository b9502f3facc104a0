// Who is signed in: an access token that lives for minutes, and the refresh
// token that gets the next one.

/** The account can't be used any more without its user: show the sign-in form. */
export class SignedOut extends Error {}

/** The GraphQL type `SignInMethod`: exactly one of these. */
export type SignInMethod = { password: { email: string; password: string } } | { refreshToken: string };

interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** In milliseconds. */
  expiresAt: number;
}

interface Payload {
  accessToken: string | null;
  refreshToken: string | null;
  expiresAt: string | null;
  userErrors: { message: string }[];
}

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

const SIGN_IN = `
  mutation SignIn($input: SignInInput!) {
    sessionSignIn(input: $input) { accessToken refreshToken expiresAt userErrors { message } }
  }
`;

export class Session {
  /** The gateway's address, such as `https://weft.example`. */
  readonly url: string;
  #signIn: () => SignInMethod | Promise<SignInMethod>;
  #tokens: Tokens | undefined;
  #renewing: Promise<Tokens> | undefined;

  /**
   * @param signIn asks the user, or the device's key store, when there is no
   *   session to go on with. It throws `SignedOut` when nobody answers.
   */
  constructor(url: string, signIn: () => SignInMethod | Promise<SignInMethod>) {
    this.url = url;
    this.#signIn = signIn;
  }

  /** An access token that is good as far as this device can tell. */
  async token(): Promise<string> {
    if (this.#tokens && Date.now() < this.#tokens.expiresAt) return this.#tokens.accessToken;
    // One at a time: a refresh token is good for one use, and using it twice
    // ends the session for whoever holds it, a thief or ourselves.
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return (await this.#renewing).accessToken;
  }

  /** The gateway no longer takes the access token, whatever our clock says. */
  expire(): void {
    if (this.#tokens) this.#tokens.expiresAt = 0;
  }

  /** Asks a query or mutation as the signed-in viewer. */
  async ask<T>(query: string, variables: object = {}): Promise<T> {
    const { data, errors } = await this.#post(query, variables, await this.token());
    if (errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')) this.expire();
    if (!data || errors) throw new Error(errors?.[0]?.message ?? 'the gateway answered nothing');
    return data as T;
  }

  async #renew(): Promise<Tokens> {
    if (this.#tokens) {
      try {
        return await this.#exchange({ refreshToken: this.#tokens.refreshToken });
      } catch (error) {
        // Offline is not signed out: the next try may bring the token again.
        // Should it have been used up although the answer got lost, that try is
        // refused, and the user signs in.
        if (!(error instanceof SignedOut)) throw error;
        this.#tokens = undefined;
      }
    }
    return this.#exchange(await this.#signIn());
  }

  async #exchange(method: SignInMethod): Promise<Tokens> {
    const { data, errors } = await this.#post(SIGN_IN, { input: { method } });
    const payload = data?.['sessionSignIn'] as Payload | null | undefined;
    // The gateway's trouble, not the user's: it is worth another try.
    if (!payload) throw new Error(errors?.[0]?.message ?? 'the gateway answered nothing');
    const { accessToken, refreshToken, expiresAt, userErrors } = payload;
    if (!accessToken || !refreshToken || !expiresAt) throw new SignedOut(userErrors[0]?.message ?? 'sign in again');
    return (this.#tokens = { accessToken, refreshToken, expiresAt: Date.parse(expiresAt) });
  }

  async #post(query: string, variables: object, token?: string): Promise<Answer> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'accept': 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer;
  }
}
