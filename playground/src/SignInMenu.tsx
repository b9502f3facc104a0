// "Sign in as": lends the developer one of the demo accounts.

import { DropdownMenu, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef, useState } from 'react';

import { Chevron, Cross } from './icons';
import { dismissProblem, loadDemoUsers, signIn, signOut, useSession, type DemoUser, type DemoUsers } from './session';

export function SignInMenu() {
  const { stop, introspect } = useGraphiQLActions();
  const hasSchema = useGraphiQL((state) => Boolean(state.schema));
  const { session, problem } = useSession();
  const [demo, setDemo] = useState<DemoUsers | null>(null);
  const [pending, setPending] = useState<string | null>(null);

  useEffect(() => {
    void loadDemoUsers().then(setDemo);
  }, []);

  const token = session?.token;
  const lastToken = useRef(token);
  useEffect(() => {
    // A token that was refused kept the schema from loading: ask once more.
    if (lastToken.current !== token && !hasSchema) void introspect();
    lastToken.current = token;
  }, [token, hasSchema, introspect]);

  const choose = async (user: DemoUser, password: string) => {
    setPending(user.displayName);
    // A running subscription belongs to whoever started it.
    if (await signIn(user, password)) stop();
    setPending(null);
  };

  if (!demo && !session) return problem && <Problem text={problem} />;

  return (
    <>
      {problem && <Problem text={problem} />}
      <DropdownMenu>
        <DropdownMenu.Button
          className="weft-button weft-sign-in"
          type="button"
          data-weft="sign-in"
          data-signed-in={session?.email}
        >
          {session && <span className="weft-avatar" aria-hidden="true">{initials(session.displayName)}</span>}
          {pending ? `Signing in as ${pending}…` : (session?.displayName ?? 'Sign in as')}
          {session && !pending && <span className="weft-role">{roleName(session.role)}</span>}
          <Chevron />
        </DropdownMenu.Button>
        <DropdownMenu.Content className="weft-menu" align="end">
          <div role="group" aria-label="Demo users">
            <div className="weft-menu-label">Sign in as</div>
            {demo?.users.map((user) => (
              <DropdownMenu.Item
                key={user.email}
                data-email={user.email}
                data-role={user.role}
                data-current={user.email === session?.email || undefined}
                onSelect={() => void choose(user, demo.password)}
              >
                <span className="weft-user">
                  {user.displayName}
                  <span className="weft-user-email">{user.email}</span>
                </span>
                <span className="weft-role">{roleName(user.role)}</span>
              </DropdownMenu.Item>
            ))}
          </div>
          {session && (
            <DropdownMenu.Item
              className="weft-menu-last"
              data-weft="sign-out"
              onSelect={() => {
                stop();
                signOut();
              }}
            >
              Sign out
            </DropdownMenu.Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu>
    </>
  );
}

function Problem({ text }: { text: string }) {
  return (
    <div className="weft-problem" role="alert">
      {text}
      <button type="button" className="weft-problem-close" aria-label="Dismiss" onClick={dismissProblem}>
        <Cross />
      </button>
    </div>
  );
}

function initials(name: string): string {
  return name.split(/\s+/).slice(0, 2).map((word) => word[0] ?? '').join('').toUpperCase();
}

/** `CUSTOMER` reads as "Customer". */
function roleName(role: string): string {
  return role.charAt(0) + role.slice(1).toLowerCase();
}
