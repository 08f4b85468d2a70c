/** The classes that annotations are given: their colours, keys, and which of them mean "nothing is wrong". */

export interface LabelClass {
  readonly name: string;
  /** `#rrggbb` */
  readonly colour: string;
  readonly hotkey: string | null;
  readonly good: boolean;
}

/** For labels that are in no list, and for regions without a label. */
export const NEUTRAL = "#9aa3ad";

export const colourOf = (classes: readonly LabelClass[], label: string): string =>
  classes.find((item) => item.name === label)?.colour ?? NEUTRAL;

/** The class that a key stands for: its own key, else its place in the list. */
export function classByKey(classes: readonly LabelClass[], key: string): LabelClass | null {
  const own = classes.find((item) => item.hotkey === key);
  if (own !== undefined) return own;
  const place = "123456789".indexOf(key);
  const there = place < 0 || key.length !== 1 ? undefined : classes[place];
  return there?.hotkey === null ? there : null;
}

/** `r, g, b` each 0 to 255 of `#rrggbb`. */
export function rgbOf(colour: string): readonly [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Relative luminance, 0 to 1 (WCAG 2). */
export function luminance(colour: string): number {
  const [r, g, b] = rgbOf(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

/** Black or white, whichever is read better on a colour. */
export const inkOn = (colour: string): string => (luminance(colour) > 0.179 ? "#000000" : "#ffffff");
