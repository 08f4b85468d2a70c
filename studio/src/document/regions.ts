/** Where something is in an image: the kinds of `sightmill.data.regions`, and their JSON. */

import {
  type Bounds,
  boundsOf,
  cornersOf,
  distance,
  fullTurn,
  halfTurn,
  isInside,
  type Outline,
  type Place,
  segmentDistance,
  segments,
  sides,
  signedArea,
  type Size,
  tidy,
  turned,
} from "./geometry";
import { Mask, type MaskRuns, MaskSheet } from "./mask";
import { boxSpans, outlineSpans } from "./raster";

export interface WholeRegion {
  readonly kind: "whole";
}

export interface PointRegion {
  readonly kind: "point";
  readonly x: number;
  readonly y: number;
}

/** An upright rectangle, x1 <= x2 and y1 <= y2. */
export interface BoxRegion extends Bounds {
  readonly kind: "box";
}

/**
 * A turned rectangle: centre, sides, and degrees clockwise as seen on the screen. Here the angle goes over the full turn and
 * is the way that the object points; what is stored as a region is its half turn, see `annotationToJson`.
 */
export interface RotatedBoxRegion {
  readonly kind: "rotated_box";
  readonly cx: number;
  readonly cy: number;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}

/** Closed outlines; the region is their union. */
export interface PolygonRegion {
  readonly kind: "polygon";
  readonly parts: readonly Outline[];
}

/** Open lines: edges, wires, scratches. */
export interface PolylineRegion {
  readonly kind: "polyline";
  readonly parts: readonly Outline[];
}

export interface MaskRegion {
  readonly kind: "mask";
  readonly mask: Mask;
}

export type Region = WholeRegion | PointRegion | BoxRegion | RotatedBoxRegion | PolygonRegion | PolylineRegion | MaskRegion;
/** Kinds that cover pixels. */
export type AreaRegion = Exclude<Region, PolylineRegion>;
export type RegionKind = Region["kind"];

/** A region as the server writes it. */
export type RegionJson =
  | { kind: "whole" }
  | { kind: "point"; x: number; y: number }
  | { kind: "box"; x1: number; y1: number; x2: number; y2: number }
  | { kind: "rotated_box"; cx: number; cy: number; width: number; height: number; angle: number }
  | { kind: "polygon" | "polyline"; parts: number[][][] }
  | { kind: "mask"; x: number; y: number; width: number; height: number; runs: number[] };

/** What a kind is called on the screen. */
export const KIND_TITLES: Readonly<Record<RegionKind, string>> = {
  whole: "image label",
  point: "point",
  box: "box",
  rotated_box: "oriented box",
  polygon: "outline",
  polyline: "line",
  mask: "mask",
};

export function regionFromJson(given: RegionJson): Region {
  switch (given.kind) {
    case "polygon":
    case "polyline":
      return { kind: given.kind, parts: given.parts.map((part) => part.map(([x, y]): Place => [x ?? 0, y ?? 0])) };
    case "mask":
      return { kind: "mask", mask: Mask.fromRuns(given) };
    default:
      return given;
  }
}

export function regionToJson(region: Region): RegionJson {
  switch (region.kind) {
    case "polygon":
    case "polyline":
      return { kind: region.kind, parts: region.parts.map((part) => part.map(([x, y]) => [x, y])) };
    case "mask": {
      const runs: MaskRuns = region.mask.toRuns();
      return { kind: "mask", ...runs, runs: [...runs.runs] };
    }
    case "whole":
      return { kind: "whole" };
    case "point":
      return { kind: "point", x: region.x, y: region.y };
    case "box":
      return { kind: "box", x1: region.x1, y1: region.y1, x2: region.x2, y2: region.y2 };
    case "rotated_box": {
      const { cx, cy, width, height } = region;
      return { kind: "rotated_box", cx, cy, width, height, angle: tidyAngle(halfTurn(region.angle)) };
    }
  }
}

/** The upright box between two opposite corners. */
export const boxBetween = (a: Place, b: Place): BoxRegion => ({ kind: "box", ...boundsOf([a, b]) });

export const rotatedBox = (cx: number, cy: number, width: number, height: number, angle: number): RotatedBoxRegion => ({
  kind: "rotated_box",
  cx: tidy(cx),
  cy: tidy(cy),
  width: tidy(width),
  height: tidy(height),
  angle: tidyAngle(fullTurn(angle)),
});

/** Sums of degrees without the last digits that rounding leaves. */
const tidyAngle = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** The closed outlines that bound a region; none for points, lines, masks and whole images. */
export function outlinesOf(region: Region): readonly Outline[] {
  switch (region.kind) {
    case "box":
      return [
        [
          [region.x1, region.y1],
          [region.x2, region.y1],
          [region.x2, region.y2],
          [region.x1, region.y2],
        ],
      ];
    case "rotated_box":
      return [cornersOf(region.cx, region.cy, region.width, region.height, region.angle)];
    case "polygon":
      return region.parts;
    default:
      return [];
  }
}

/** The open lines of a region. */
export const linesOf = (region: Region): readonly Outline[] => (region.kind === "polyline" ? region.parts : []);

/** Length of all its lines, pixels. */
export function lengthOf(region: PolylineRegion): number {
  let sum = 0;
  for (const part of region.parts) for (const [a, b] of segments(part)) sum += distance(a, b);
  return sum;
}

export function boundsOfRegion(region: Region, size: Size): Bounds {
  switch (region.kind) {
    case "whole":
      return { x1: 0, y1: 0, x2: size.width, y2: size.height };
    case "point":
      return { x1: region.x, y1: region.y, x2: region.x, y2: region.y };
    case "mask":
      return region.mask.bounds;
    default:
      return boundsOf([...outlinesOf(region), ...linesOf(region)].flat());
  }
}

export function areaOf(region: Region, size: Size): number {
  switch (region.kind) {
    case "whole":
      return size.width * size.height;
    case "point":
      return 0;
    case "mask":
      return region.mask.area;
    default:
      return outlinesOf(region).reduce((sum, part) => sum + Math.abs(signedArea(part)), 0);
  }
}

/** The pixels whose centres a region covers. */
export function maskOf(region: AreaRegion, size: Size): Mask {
  if (region.kind === "mask") return region.mask.clipped(size);
  const sheet = new MaskSheet(size);
  switch (region.kind) {
    case "whole":
      boxSpans({ x1: 0, y1: 0, x2: size.width, y2: size.height }, size, sheet.cover);
      break;
    case "point": {
      const { x, y } = region;
      if (x >= 0 && y >= 0 && x < size.width && y < size.height) {
        sheet.cover(Math.floor(y), Math.floor(x), Math.floor(x) + 1);
      }
      break;
    }
    case "box":
      boxSpans(region, size, sheet.cover);
      break;
    default:
      for (const outline of outlinesOf(region)) outlineSpans(outline, size, sheet.cover);
  }
  return sheet.mask();
}

/** A region pushed by a way; a mask goes by whole pixels. */
export function movedBy(region: Region, [dx, dy]: Place): Region {
  switch (region.kind) {
    case "whole":
      return region;
    case "point":
      return { ...region, x: tidy(region.x + dx), y: tidy(region.y + dy) };
    case "box":
      return {
        kind: "box",
        x1: tidy(region.x1 + dx),
        y1: tidy(region.y1 + dy),
        x2: tidy(region.x2 + dx),
        y2: tidy(region.y2 + dy),
      };
    case "rotated_box":
      return { ...region, cx: tidy(region.cx + dx), cy: tidy(region.cy + dy) };
    case "polygon":
    case "polyline":
      return {
        kind: region.kind,
        parts: region.parts.map((part) => part.map(([x, y]): Place => [tidy(x + dx), tidy(y + dy)])),
      };
    case "mask":
      return { kind: "mask", mask: region.mask.movedBy(Math.round(dx), Math.round(dy)) };
  }
}

/** A region turned about its own middle, degrees clockwise; kinds that stay upright are left as they are. */
export function turnedBy(region: Region, degrees: number): Region {
  if (region.kind === "rotated_box") {
    return rotatedBox(region.cx, region.cy, region.width, region.height, region.angle + degrees);
  }
  if (region.kind === "polygon" || region.kind === "polyline") {
    const { x1, y1, x2, y2 } = boundsOf(region.parts.flat());
    const middle: Place = [(x1 + x2) / 2, (y1 + y2) / 2];
    return {
      kind: region.kind,
      parts: region.parts.map((part) =>
        part.map((corner): Place => {
          const [x, y] = turned(corner, middle, degrees);
          return [tidy(x), tidy(y)];
        }),
      ),
    };
  }
  return region;
}

/** The part of a mask inside the image, and other regions as they are; null when a mask has nothing left. */
export function withinImage(region: Region, size: Size): Region | null {
  if (region.kind !== "mask") return region;
  const mask = region.mask.clipped(size);
  return mask.isEmpty ? null : { kind: "mask", mask };
}

/** How far the push may go so that a region stays in the image with at least its middle. */
export function heldInside(region: Region, way: Place, size: Size): Place {
  if (region.kind === "whole") return [0, 0];
  const { x1, y1, x2, y2 } = boundsOfRegion(region, size);
  const hold = (low: number, high: number, push: number, most: number): number => {
    if (high - low > most) return push;
    return Math.min(Math.max(push, Math.min(-low, 0)), Math.max(most - high, 0));
  };
  return [hold(x1, x2, way[0], size.width), hold(y1, y2, way[1], size.height)];
}

/** Whether a region covers a place. */
export function covers(region: Region, place: Place): boolean {
  switch (region.kind) {
    case "whole":
      return true;
    case "point":
      return region.x === place[0] && region.y === place[1];
    case "mask":
      return region.mask.has(Math.floor(place[0]), Math.floor(place[1]));
    case "box":
      return place[0] >= region.x1 && place[0] <= region.x2 && place[1] >= region.y1 && place[1] <= region.y2;
    default:
      return outlinesOf(region).some((outline) => isInside(place, outline));
  }
}

/** How far a place is from a region's border or point; Infinity where that is no way to take hold of it. */
export function borderDistance(region: Region, place: Place): number {
  if (region.kind === "point") return Math.hypot(place[0] - region.x, place[1] - region.y);
  let nearest = Infinity;
  for (const outline of outlinesOf(region)) {
    for (const [a, b] of sides(outline)) nearest = Math.min(nearest, segmentDistance(place, a, b));
  }
  for (const line of linesOf(region)) {
    for (const [a, b] of segments(line)) nearest = Math.min(nearest, segmentDistance(place, a, b));
  }
  return nearest;
}

export function sameRegion(a: Region, b: Region): boolean {
  if (a === b) return true;
  if (a.kind === "mask" && b.kind === "mask") return a.mask.equals(b.mask);
  if (a.kind !== b.kind) return false;
  // A half turn changes the way that an object points, though not the pixels it covers.
  if (a.kind === "rotated_box" && b.kind === "rotated_box" && a.angle !== b.angle) return false;
  return JSON.stringify(regionToJson(a)) === JSON.stringify(regionToJson(b));
}
