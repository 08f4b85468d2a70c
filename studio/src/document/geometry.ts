/** Plane geometry in image coordinates: x to the right, y down, pixels, (0, 0) is the corner of the first pixel. */

export type Place = readonly [x: number, y: number];
export type Outline = readonly Place[];

export interface Bounds {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const distance = (a: Place, b: Place): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

export const plus = (a: Place, b: Place): Place => [a[0] + b[0], a[1] + b[1]];

export const minus = (a: Place, b: Place): Place => [a[0] - b[0], a[1] - b[1]];

/** Hundredths of a pixel are more than a hand can place, and keep what is stored short. */
export const tidy = (value: number): number => Math.round(value * 100) / 100;

export const tidyPlace = (place: Place): Place => [tidy(place[0]), tidy(place[1])];

export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

export const inside = (place: Place, size: Size): Place => [
  clamp(place[0], 0, size.width),
  clamp(place[1], 0, size.height),
];

/** Turn a place around a centre, degrees clockwise as seen on the screen. */
export function turned(place: Place, centre: Place, degrees: number): Place {
  const turn = (degrees * Math.PI) / 180;
  const [dx, dy] = minus(place, centre);
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  return [centre[0] + dx * cos - dy * sin, centre[1] + dx * sin + dy * cos];
}

/** The direction from one place to another, degrees clockwise as seen on the screen, 0 along +x. */
export const direction = (from: Place, to: Place): number =>
  (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI;

/** An angle of a box without a front: a half turn changes nothing, so it lies in [-90, 90). */
export function halfTurn(degrees: number): number {
  return wrapped(degrees, 90);
}

/** A direction, in [-180, 180). */
export function fullTurn(degrees: number): number {
  return wrapped(degrees, 180);
}

/** Between -half and half; what is there already is left as it is, to the last digit. */
function wrapped(degrees: number, half: number): number {
  if (degrees >= -half && degrees < half) return degrees;
  return ((((degrees + half) % (2 * half)) + 2 * half) % (2 * half)) - half;
}

export function nearestOnSegment(place: Place, a: Place, b: Place): Place {
  const [dx, dy] = minus(b, a);
  const length = dx * dx + dy * dy;
  if (length === 0) return a;
  const share = clamp(((place[0] - a[0]) * dx + (place[1] - a[1]) * dy) / length, 0, 1);
  return [a[0] + share * dx, a[1] + share * dy];
}

export const segmentDistance = (place: Place, a: Place, b: Place): number =>
  distance(place, nearestOnSegment(place, a, b));

/** The sides of a closed outline, each with the number of its first corner. */
export function* sides(outline: Outline): Generator<[a: Place, b: Place, index: number]> {
  let before = outline.at(-1);
  let index = outline.length - 1;
  for (const [next, place] of outline.entries()) {
    if (before !== undefined) yield [before, place, index];
    before = place;
    index = next;
  }
}

/** The segments of an open line, each with the number of its first corner. */
export function* segments(line: Outline): Generator<[a: Place, b: Place, index: number]> {
  for (let index = 0; index + 1 < line.length; index += 1) {
    const a = line[index];
    const b = line[index + 1];
    if (a !== undefined && b !== undefined) yield [a, b, index];
  }
}

/** Whether a place lies inside a closed outline: even-odd, with the same half-open rows as the rasteriser. */
export function isInside(place: Place, outline: Outline): boolean {
  const [x, y] = place;
  let within = false;
  for (const [[x1, y1], [x2, y2]] of sides(outline)) {
    if (y1 <= y !== y2 <= y && x1 + ((y - y1) * (x2 - x1)) / (y2 - y1) <= x) within = !within;
  }
  return within;
}

/** Area in square pixels; negative when the corners run anticlockwise on the screen. */
export function signedArea(outline: Outline): number {
  let twice = 0;
  for (const [[x1, y1], [x2, y2]] of sides(outline)) twice += x1 * y2 - x2 * y1;
  return twice / 2;
}

export function boundsOf(places: Iterable<Place>): Bounds {
  let x1 = Infinity;
  let y1 = Infinity;
  let x2 = -Infinity;
  let y2 = -Infinity;
  for (const [x, y] of places) {
    x1 = Math.min(x1, x);
    y1 = Math.min(y1, y);
    x2 = Math.max(x2, x);
    y2 = Math.max(y2, y);
  }
  return { x1, y1, x2, y2 };
}

export const centreOf = (bounds: Bounds): Place => [(bounds.x1 + bounds.x2) / 2, (bounds.y1 + bounds.y2) / 2];

export const meet = (a: Bounds, b: Bounds): boolean => a.x1 <= b.x2 && b.x1 <= a.x2 && a.y1 <= b.y2 && b.y1 <= a.y2;

export const around = (a: Bounds, b: Bounds): Bounds => ({
  x1: Math.min(a.x1, b.x1),
  y1: Math.min(a.y1, b.y1),
  x2: Math.max(a.x2, b.x2),
  y2: Math.max(a.y2, b.y2),
});

/** Corners (four) of a turned rectangle, clockwise on the screen from the one at -width/2, -height/2. */
export function cornersOf(cx: number, cy: number, width: number, height: number, angle: number): Place[] {
  const centre: Place = [cx, cy];
  const half: Place[] = [
    [cx - width / 2, cy - height / 2],
    [cx + width / 2, cy - height / 2],
    [cx + width / 2, cy + height / 2],
    [cx - width / 2, cy + height / 2],
  ];
  return half.map((corner) => turned(corner, centre, angle));
}

/**
 * The corners that matter of a line drawn by hand: none that is left out is further than `tolerance` from it.
 * Douglas & Peucker, "Algorithms for the reduction of the number of points" (1973).
 */
export function simplified(line: readonly Place[], tolerance: number): Place[] {
  const first = line.at(0);
  const last = line.at(-1);
  if (first === undefined || last === undefined || line.length < 3) return [...line];
  const kept = new Set([0, line.length - 1]);
  const open: [number, number][] = [[0, line.length - 1]];
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const [low, high] = range;
    const a = line[low] ?? first;
    const b = line[high] ?? last;
    let worst = tolerance;
    let at = -1;
    for (let index = low + 1; index < high; index += 1) {
      const away = segmentDistance(line[index] ?? first, a, b);
      if (away > worst) {
        worst = away;
        at = index;
      }
    }
    if (at >= 0) {
      kept.add(at);
      open.push([low, at], [at, high]);
    }
  }
  return line.filter((_, index) => kept.has(index));
}

/** The convex hull, clockwise on the screen (Andrew's monotone chain, 1979). */
export function hull(places: readonly Place[]): Place[] {
  const sorted = [...places].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (run: readonly Place[]): Place[] => {
    const chain: Place[] = [];
    for (const place of run) {
      for (;;) {
        const b = chain.at(-1);
        const a = chain.at(-2);
        if (a === undefined || b === undefined) break;
        if ((b[0] - a[0]) * (place[1] - a[1]) - (b[1] - a[1]) * (place[0] - a[0]) > 0) break;
        chain.pop();
      }
      chain.push(place);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}
