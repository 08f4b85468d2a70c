/** Where a region can be taken hold of, and what it becomes when that place is dragged. */

import { type Bounds, direction, type Outline, type Place, segments, sides, tidy, tidyPlace, turned } from "./geometry";
import { boxBetween, type BoxRegion, type PolygonRegion, type PolylineRegion, type Region, rotatedBox, type RotatedBoxRegion } from "./regions";

/** Kinds that are made of corners. */
export type CornerRegion = PolygonRegion | PolylineRegion;

export const hasCorners = (region: Region): region is CornerRegion => region.kind === "polygon" || region.kind === "polyline";

/** -1, 0 or 1 along each side of a box: (1, 1) is its lower right corner, (0, -1) the middle of its upper side. */
export interface Side {
  readonly across: -1 | 0 | 1;
  readonly down: -1 | 0 | 1;
}

export type Handle =
  | ({ readonly kind: "side"; readonly place: Place } & Side)
  | { readonly kind: "turn"; readonly place: Place; readonly from: Place }
  | { readonly kind: "corner"; readonly place: Place; readonly part: number; readonly index: number }
  | { readonly kind: "edge"; readonly place: Place; readonly part: number; readonly index: number };

const STEPS = [-1, 0, 1] as const;

/** How far beyond the box the handle that turns it stands, screen pixels. */
const ARM = 26;

/** The handles of a region; `pixel` is the size of a screen pixel in the image. */
export function handlesOf(region: Region, pixel: number): Handle[] {
  switch (region.kind) {
    case "box":
      return sideHandles((across, down) => [
        ((1 - across) * region.x1 + (1 + across) * region.x2) / 2,
        ((1 - down) * region.y1 + (1 + down) * region.y2) / 2,
      ]);
    case "rotated_box": {
      const centre: Place = [region.cx, region.cy];
      const at = (across: number, down: number, arm = 0): Place =>
        turned(
          [region.cx + (across * region.width) / 2 + across * arm, region.cy + (down * region.height) / 2],
          centre,
          region.angle,
        );
      return [...sideHandles((across, down) => at(across, down)), { kind: "turn", place: at(1, 0, ARM * pixel), from: at(1, 0) }];
    }
    case "polygon":
    case "polyline":
      return region.parts.flatMap((outline, part) => {
        const corners = outline.map((place, index): Handle => ({ kind: "corner", place, part, index }));
        // The middles of long sides, to pull a new corner out of.
        const edges: Handle[] = [];
        for (const [a, b, index] of region.kind === "polygon" ? sides(outline) : segments(outline)) {
          if (Math.hypot(b[0] - a[0], b[1] - a[1]) < 32 * pixel) continue;
          edges.push({ kind: "edge", place: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], part, index });
        }
        return [...edges, ...corners];
      });
    default:
      return [];
  }
}

function sideHandles(place: (across: number, down: number) => Place): Handle[] {
  const found: Handle[] = [];
  for (const down of STEPS) {
    for (const across of STEPS) {
      if (across === 0 && down === 0) continue;
      found.push({ kind: "side", across, down, place: place(across, down) });
    }
  }
  // Corners are found before sides where a small box has them close together.
  return found.sort((a, b) => weight(a) - weight(b));
}

const weight = (handle: Handle): number =>
  handle.kind === "side" && handle.across !== 0 && handle.down !== 0 ? 1 : 0;

export interface Drag {
  /** Both sides move: the middle stays. */
  readonly symmetric: boolean;
  /** The proportions stay; a turn goes in steps of 15 degrees. */
  readonly steady: boolean;
}

/** The region after its handle was dragged to a place. */
export function dragged(region: Region, handle: Handle, to: Place, drag: Drag): Region {
  if (region.kind === "box" && handle.kind === "side") return draggedBox(region, handle, to, drag);
  if (region.kind === "rotated_box") {
    if (handle.kind === "side") return draggedRotatedBox(region, handle, to, drag);
    if (handle.kind === "turn") return turnedTo(region, to, drag.steady);
  }
  if (hasCorners(region) && handle.kind === "corner") return withCorner(region, handle.part, handle.index, to);
  return region;
}

function draggedBox(region: BoxRegion, side: Side, to: Place, drag: Drag): BoxRegion {
  const from = stretched(region, side, to, drag);
  return boxBetween([tidy(from.x1), tidy(from.y1)], [tidy(from.x2), tidy(from.y2)]);
}

/** A box with a side or corner moved; its corners may change sides, so x1 > x2 is possible. */
function stretched(box: Bounds, { across, down }: Side, to: Place, { symmetric, steady }: Drag): Bounds {
  const middle: Place = [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2];
  const fixed: Place = symmetric
    ? middle
    : [across < 0 ? box.x2 : box.x1, down < 0 ? box.y2 : box.y1];
  let [x, y] = to;
  if (steady && across !== 0 && down !== 0 && box.x2 > box.x1 && box.y2 > box.y1) {
    const ratio = (box.y2 - box.y1) / (box.x2 - box.x1);
    const dx = x - fixed[0];
    const dy = y - fixed[1];
    if (Math.abs(dy) > Math.abs(dx) * ratio) x = fixed[0] + (Math.sign(dx) || across) * (Math.abs(dy) / ratio);
    else y = fixed[1] + (Math.sign(dy) || down) * Math.abs(dx) * ratio;
  }
  const low = symmetric ? [2 * middle[0] - x, 2 * middle[1] - y] : fixed;
  return {
    x1: across === 0 ? box.x1 : (low[0] ?? 0),
    x2: across === 0 ? box.x2 : x,
    y1: down === 0 ? box.y1 : (low[1] ?? 0),
    y2: down === 0 ? box.y2 : y,
  };
}

function draggedRotatedBox(region: RotatedBoxRegion, side: Side, to: Place, drag: Drag): RotatedBoxRegion {
  const centre: Place = [region.cx, region.cy];
  const upright = { x1: -region.width / 2, y1: -region.height / 2, x2: region.width / 2, y2: region.height / 2 };
  const [x, y] = turned(to, centre, -region.angle);
  const next = stretched(upright, side, [x - region.cx, y - region.cy], drag);
  const middle = turned(
    [region.cx + (next.x1 + next.x2) / 2, region.cy + (next.y1 + next.y2) / 2],
    centre,
    region.angle,
  );
  return rotatedBox(middle[0], middle[1], Math.abs(next.x2 - next.x1), Math.abs(next.y2 - next.y1), region.angle);
}

function turnedTo(region: RotatedBoxRegion, to: Place, steady: boolean): RotatedBoxRegion {
  const angle = direction([region.cx, region.cy], to);
  return rotatedBox(region.cx, region.cy, region.width, region.height, steady ? Math.round(angle / 15) * 15 : angle);
}

/** The turned box whose first side runs from a to b, and which reaches as far across as `to`. */
export function boxAlong(a: Place, b: Place, to: Place): RotatedBoxRegion {
  const angle = direction(a, b);
  const [, y] = turned(to, a, -angle);
  const across = y - a[1];
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const middle = turned([a[0] + length / 2, a[1] + across / 2], a, angle);
  return rotatedBox(middle[0], middle[1], length, Math.abs(across), angle);
}

const withPart = <T extends CornerRegion>(region: T, part: number, outline: Outline): T => ({
  ...region,
  parts: region.parts.map((old, at) => (at === part ? outline : old)),
});

export function withCorner<T extends CornerRegion>(region: T, part: number, index: number, to: Place): T {
  const outline = region.parts[part] ?? [];
  return withPart(region, part, outline.map((old, at) => (at === index ? tidyPlace(to) : old)));
}

/** A new corner after the one called `index`. */
export function insertedCorner<T extends CornerRegion>(region: T, part: number, index: number, place: Place): T {
  return withPart(region, part, (region.parts[part] ?? []).toSpliced(index + 1, 0, tidyPlace(place)));
}

/** Without a corner; an outline of three or a line of two goes as a whole, and null is left when it was the last. */
export function withoutCorner<T extends CornerRegion>(region: T, part: number, index: number): T | null {
  const outline = region.parts[part] ?? [];
  if (outline.length > (region.kind === "polygon" ? 3 : 2)) return withPart(region, part, outline.toSpliced(index, 1));
  const parts = region.parts.toSpliced(part, 1);
  return parts.length === 0 ? null : { ...region, parts };
}

/** The middle of what a box's handles belong to, for the cursor that shows which way they go. */
export function handleDirection(region: Region, handle: Handle): number | null {
  if (handle.kind !== "side") return null;
  const angle = region.kind === "rotated_box" ? region.angle : 0;
  return direction([0, 0], turned([handle.across, handle.down], [0, 0], angle));
}
