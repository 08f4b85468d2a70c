/** Whether a suggestion says what is known already. */

import type { Annotation } from "@/document/annotations";
import type { Bounds, Size } from "@/document/geometry";
import { boundsOfRegion } from "@/document/regions";

/** The annotation of the same class in (nearly) the same place, or null. */
export function agreeing(item: Annotation, known: readonly Annotation[], size: Size): Annotation | null {
  const own = boundsOfRegion(item.region, size);
  for (const other of known) {
    if (other.label !== item.label) continue;
    if (item.region.kind === "whole" || other.region.kind === "whole") {
      if (item.region.kind === other.region.kind) return other;
    } else if (item.region.kind === "point" || other.region.kind === "point") {
      const bounds = boundsOfRegion(other.region, size);
      if (Math.hypot(bounds.x1 - own.x1, bounds.y1 - own.y1) <= 4) return other;
    } else if (overlap(grown(own), grown(boundsOfRegion(other.region, size))) >= 0.6) return other;
  }
  return null;
}

/** A straight line has no area: a pixel around it has. */
const grown = (box: Bounds): Bounds => ({ x1: box.x1 - 1, y1: box.y1 - 1, x2: box.x2 + 1, y2: box.y2 + 1 });

/** Intersection over union of two boxes. */
export function overlap(a: Bounds, b: Bounds): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  const area = (box: Bounds): number => (box.x2 - box.x1) * (box.y2 - box.y1);
  return shared / (area(a) + area(b) - shared);
}
