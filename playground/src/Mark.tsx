// Our mark: warp and weft, over and under. `mark.svg` is the same as an icon.

export function Mark() {
  return (
    <svg className="weft-mark" viewBox="0 0 32 32" fill="none" strokeWidth="5" aria-hidden="true">
      <path className="weft-mark-warp" d="M7 2v10.5M7 19.5V30M16 2v1.5M16 10.5v11M16 28.5V30M25 2v10.5M25 19.5V30" />
      <path className="weft-mark-weft" d="M2 7h1.5M10.5 7h11M28.5 7H30M2 16h10.500M19.5 16H30M2 25h1.500M10.5 25h11M28.5 25H30" />
    </svg>
  );
}
