/** Snapping: what is dragged settles on the borders of other objects, of the image, and of pixels. */

import { type ImageDocument, ROI } from "./annotations";
import { type Bounds, distance, nearestOnSegment, type Place, segments, sides } from "./geometry";
import { boundsOfRegion, linesOf, outlinesOf, type Region } from "./regions";

/** A line that something has settled on, to be shown while it is dragged. */
export interface Guide {
  readonly axis: "x" | "y";
  readonly at: number;
}

export interface Snapped {
  readonly place: Place;
  readonly guides: readonly Guide[];
}

/** The lines and corners that there are to settle on; `segments` are of turned boxes, outlines and open lines. */
export interface Targets {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly segments: readonly (readonly [Place, Place])[];
}

/** What to settle on in a document, apart from the things that are being dragged themselves. */
export function targetsOf(document: ImageDocument, without: ReadonlySet<string> = new Set()): Targets {
  const x = [0, document.width];
  const y = [0, document.height];
  const found: [Place, Place][] = [];
  const add = (region: Region): void => {
    if (region.kind === "whole" || region.kind === "point") return;
    if (region.kind === "box" || region.kind === "mask") {
      const { x1, y1, x2, y2 } = boundsOfRegion(region, document);
      x.push(x1, x2);
      y.push(y1, y2);
      return;
    }
    for (const outline of outlinesOf(region)) for (const [a, b] of sides(outline)) found.push([a, b]);
    for (const line of linesOf(region)) for (const [a, b] of segments(line)) found.push([a, b]);
  };
  for (const item of document.annotations) if (!without.has(item.id)) add(item.region);
  if (document.roi !== null && !without.has(ROI)) add(document.roi);
  return { x, y, segments: found };
}

const nearest = (values: readonly number[], value: number, reach: number): number | null => {
  let found: number | null = null;
  let least = reach;
  for (const candidate of values) {
    const away = Math.abs(candidate - value);
    if (away <= least) {
      least = away;
      found = candidate;
    }
  }
  return found;
};

/** Settle a place: on a corner of an outline, else on lines in x and y each, else on its border. */
export function snapped(place: Place, targets: Targets, reach: number): Snapped {
  let corner: Place | null = null;
  let border: Place | null = null;
  let cornerAway = reach;
  let borderAway = reach;
  for (const [a, b] of targets.segments) {
    for (const end of [a, b]) {
      const away = distance(place, end);
      if (away > cornerAway) continue;
      cornerAway = away;
      corner = end;
    }
    const on = nearestOnSegment(place, a, b);
    const away = distance(place, on);
    if (away > borderAway) continue;
    borderAway = away;
    border = on;
  }
  if (corner !== null) return { place: corner, guides: [] };
  const x = nearest(targets.x, place[0], reach);
  const y = nearest(targets.y, place[1], reach);
  if (x === null && y === null) return { place: border ?? place, guides: [] };
  const guides: Guide[] = [];
  if (x !== null) guides.push({ axis: "x", at: x });
  if (y !== null) guides.push({ axis: "y", at: y });
  return { place: [x ?? place[0], y ?? place[1]], guides };
}

/** How a box that is pushed settles: the way to add, and the lines it then lies on. */
export function snappedBounds(box: Bounds, targets: Targets, reach: number): { way: Place; guides: Guide[] } {
  const along = (ends: readonly number[], values: readonly number[]): { push: number; at: number } | null => {
    let best: { push: number; at: number } | null = null;
    for (const end of ends) {
      const at = nearest(values, end, reach);
      if (at !== null && (best === null || Math.abs(at - end) < Math.abs(best.push))) best = { push: at - end, at };
    }
    return best;
  };
  const x = along([box.x1, box.x2], targets.x);
  const y = along([box.y1, box.y2], targets.y);
  const guides: Guide[] = [];
  if (x !== null) guides.push({ axis: "x", at: x.at });
  if (y !== null) guides.push({ axis: "y", at: y.at });
  return { way: [x?.push ?? 0, y?.push ?? 0], guides };
}

/** The nearest corner of pixels. */
export const onPixels = (place: Place): Place => [Math.round(place[0]), Math.round(place[1])];
