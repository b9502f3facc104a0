// Icons of the header. GraphiQL's own carry a tooltip that repeats their name.

export function Chevron() {
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="m2 4 4 4 4-4" />
    </svg>
  );
}

export function Cross() {
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="m2 2 8 8M10 2l-8 8" />
    </svg>
  );
}
