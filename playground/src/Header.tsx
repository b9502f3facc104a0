// The bar at the top: name, examples, sign-in, schema, theme.

import { ExamplesMenu } from './ExamplesMenu';
import { Mark } from './Mark';
import { SignInMenu } from './SignInMenu';
import { ThemeToggle } from './ThemeToggle';

export function Header() {
  return (
    <header className="weft-header">
      <h1 className="weft-brand">
        <Mark />
        Weft
        <span className="weft-brand-page">Playground</span>
      </h1>
      <nav className="weft-nav" aria-label="Playground">
        <ExamplesMenu />
        <a className="weft-button" href="/schema.graphql" target="_blank" rel="noreferrer">
          Schema
        </a>
        <SignInMenu />
        <ThemeToggle />
      </nav>
    </header>
  );
}
