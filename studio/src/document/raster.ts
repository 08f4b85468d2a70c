/**
 * Which pixels a shape covers: those whose centres lie in it, as `sightmill.data.outlines` says.
 *
 * Shapes are handed on as spans: pixels `from` (included) to `to` (not included) of a row, inside the image.
 */

import { type Bounds, cornersOf, hull, type Outline, type Place, sides, type Size } from "./geometry";

export type Span = (row: number, from: number, to: number) => void;

/** The first pixel of a row whose centre is at or right of x. */
const columnAt = (x: number, width: number): number => Math.min(Math.max(Math.ceil(x - 0.5), 0), width);

/** Pixels of an upright rectangle. */
export function boxSpans(box: Bounds, size: Size, span: Span): void {
  const from = columnAt(box.x1, size.width);
  const to = columnAt(box.x2, size.width);
  if (from >= to) return;
  for (let row = columnAt(box.y1, size.height); row < columnAt(box.y2, size.height); row += 1) span(row, from, to);
}

/** Pixels inside a closed outline, even-odd. */
export function outlineSpans(outline: Outline, size: Size, span: Span): void {
  const rows = new Map<number, number[]>();
  for (const [[x1, y1], [x2, y2]] of sides(outline)) {
    if (y1 === y2) continue;
    // The centres c of the rows with y1 <= c != y2 <= c: from the upper end (included) to the lower (not).
    const top = Math.max(Math.ceil(Math.min(y1, y2) - 0.5), 0);
    const bottom = Math.min(Math.ceil(Math.max(y1, y2) - 0.5), size.height);
    const slope = (x2 - x1) / (y2 - y1);
    for (let row = top; row < bottom; row += 1) {
      const column = columnAt(x1 + (row + 0.5 - y1) * slope, size.width);
      const crossings = rows.get(row);
      if (crossings === undefined) rows.set(row, [column]);
      else crossings.push(column);
    }
  }
  for (const [row, crossings] of rows) {
    crossings.sort((a, b) => a - b);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const from = crossings[index] ?? 0;
      const to = crossings[index + 1] ?? 0;
      if (from < to) span(row, from, to);
    }
  }
}

/** Pixels of a turned rectangle. */
export function rotatedBoxSpans(
  box: { cx: number; cy: number; width: number; height: number; angle: number },
  size: Size,
  span: Span,
): void {
  outlineSpans(cornersOf(box.cx, box.cy, box.width, box.height, box.angle), size, span);
}

/** Pixels at most `radius` from a line between two places: what a round brush covers on its way. */
export function strokeSpans(a: Place, b: Place, radius: number, size: Size, span: Span): void {
  const [ax, ay] = a;
  const [bx, by] = b;
  const dx = bx - ax;
  const dy = by - ay;
  const length = Math.hypot(dx, dy);
  const top = Math.max(Math.ceil(Math.min(ay, by) - radius - 0.5), 0);
  const bottom = Math.min(Math.floor(Math.max(ay, by) + radius - 0.5), size.height - 1);
  // The band between the two discs, as an outline; the capsule is convex, so a row meets it in one piece.
  const nx = length > 0 ? (-dy / length) * radius : 0;
  const ny = length > 0 ? (dx / length) * radius : 0;
  const band: Place[] = [
    [ax + nx, ay + ny],
    [bx + nx, by + ny],
    [bx - nx, by - ny],
    [ax - nx, ay - ny],
  ];
  for (let row = top; row <= bottom; row += 1) {
    const y = row + 0.5;
    let left = Infinity;
    let right = -Infinity;
    for (const [cx, cy] of [a, b]) {
      const rest = radius * radius - (y - cy) * (y - cy);
      if (rest >= 0) {
        const half = Math.sqrt(rest);
        left = Math.min(left, cx - half);
        right = Math.max(right, cx + half);
      }
    }
    if (length > 0) {
      for (const [[x1, y1], [x2, y2]] of sides(band)) {
        if (y1 === y2 || y < Math.min(y1, y2) || y > Math.max(y1, y2)) continue;
        const x = x1 + ((y - y1) * (x2 - x1)) / (y2 - y1);
        left = Math.min(left, x);
        right = Math.max(right, x);
      }
    }
    // A pixel whose centre lies exactly on the rim belongs to the stroke; rounding must not decide it.
    const from = Math.max(Math.ceil(left - 0.5 - 1e-9), 0);
    const to = Math.min(Math.floor(right - 0.5 + 1e-9) + 1, size.width);
    if (from < to) span(row, from, to);
  }
}

/** Pixels that a square brush with sides of `side` covers on its way. */
export function squareStrokeSpans(a: Place, b: Place, side: number, size: Size, span: Span): void {
  const half = side / 2;
  const corners = [a, b].flatMap(([x, y]): Place[] => [
    [x - half, y - half],
    [x + half, y - half],
    [x + half, y + half],
    [x - half, y + half],
  ]);
  outlineSpans(hull(corners), size, span);
}

/** Where a brush of so many pixels sits, so that it always covers the same pixels: on a centre when odd, on a corner when even. */
export function brushPlace(place: Place, diameter: number): Place {
  const settle = (value: number): number => (diameter % 2 === 1 ? Math.floor(value) + 0.5 : Math.round(value));
  return [settle(place[0]), settle(place[1])];
}
