// Light, dark, or whatever the system says.

import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

type Theme = 'light' | 'dark' | null;

const NEXT = new Map<Theme, Theme>([[null, 'light'], ['light', 'dark'], ['dark', null]]);
const NAME = new Map<Theme, string>([[null, 'System'], ['light', 'Light'], ['dark', 'Dark']]);

export function ThemeToggle() {
  const { setTheme } = useGraphiQLActions();
  const { theme } = useGraphiQL(pick('theme'));
  useEffect(() => {
    if (theme) return;
    // The editor is painted in script, so it has to be told.
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme, setTheme]);

  const label = `Theme: ${NAME.get(theme)}`;
  return (
    <button
      type="button"
      className="weft-button weft-icon-button"
      data-weft="theme"
      aria-label={label}
      title={label}
      onClick={() => setTheme(NEXT.get(theme) ?? null)}
    >
      <svg viewBox="0 0 20 20" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
        {theme === 'light' && <path d="M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 1v2M10 17v2M1 10h2M17 10h2M3.6 3.6 5 5M15 15l1.4 1.4M3.6 16.4 5 15M15 5l1.4-1.4" strokeLinecap="round" />}
        {theme === 'dark' && <path d="M16.5 12.5A7 7 0 0 1 7.5 3.5a7 7 0 1 0 9 9Z" strokeLinejoin="round" />}
        {!theme && (
          <>
            <circle cx="10" cy="10" r="7.5" />
            <path d="M10 2.5a7.5 7.5 0 0 1 0 15Z" fill="currentColor" />
          </>
        )}
      </svg>
    </button>
  );
}
