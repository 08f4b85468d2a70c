/** Window and level: gray values from `low` to `high` are shown from black to white. */

export interface GrayWindow {
  readonly low: number;
  readonly high: number;
}

/**
 * A CSS filter that shows a picture made for one window as another would show it, until the server's own arrives.
 * A gray g of the picture (0 to 1) becomes a g + b; `brightness` multiplies, `contrast` turns about one half.
 */
export function filterFor(made: GrayWindow, wanted: GrayWindow): string {
  const span = Math.max(wanted.high - wanted.low, 1e-9);
  const gain = (made.high - made.low) / span;
  const offset = (made.low - wanted.low) / span;
  if (Math.abs(gain - 1) < 1e-6 && Math.abs(offset) < 1e-6) return "none";
  const contrast = Math.max(1 - 2 * offset, 1e-3);
  return `brightness(${(gain / contrast).toFixed(5)}) contrast(${contrast.toFixed(5)})`;
}
