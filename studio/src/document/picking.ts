/** What lies under a place: the annotation to select, the handle to drag. Reach is in image pixels. */

import { type Annotation, type ImageDocument, ROI } from "./annotations";
import { type Bounds, distance, meet, type Place } from "./geometry";
import { type Handle, handlesOf } from "./handles";
import { areaOf, borderDistance, boundsOfRegion, covers, type Region } from "./regions";

/** Ids under a place, the one to take first. Points and borders come before what only lies around the place. */
export function pick(
  document: ImageDocument,
  place: Place,
  reach: number,
  shown: (item: Annotation) => boolean = () => true,
): string[] {
  const near: { id: string; rank: number; size: number }[] = [];
  const look = (id: string, region: Region, order: number): void => {
    if (region.kind === "whole") return;
    const { x1, y1, x2, y2 } = boundsOfRegion(region, document);
    if (place[0] < x1 - reach || place[0] > x2 + reach || place[1] < y1 - reach || place[1] > y2 + reach) return;
    const away = borderDistance(region, place);
    const within = covers(region, place);
    if (region.kind === "point") {
      if (away <= reach * 1.6) near.push({ id, rank: 0, size: away });
    } else if (within || away <= reach) {
      near.push({ id, rank: within ? 1 : 2, size: areaOf(region, document) - order * 1e-9 });
    }
  };
  for (const [order, item] of document.annotations.entries()) if (shown(item)) look(item.id, item.region, order);
  if (document.roi !== null && borderDistance(document.roi, place) <= reach) look(ROI, document.roi, -1);
  return near.sort((a, b) => a.rank - b.rank || a.size - b.size).map((item) => item.id);
}

/** The handle of a region nearest to a place, within reach. */
export function pickHandle(region: Region, place: Place, reach: number, pixel: number): Handle | null {
  let found: Handle | null = null;
  let least = reach;
  for (const handle of handlesOf(region, pixel)) {
    const away = distance(handle.place, place);
    if (away <= least) {
      least = away;
      found = handle;
    }
  }
  return found;
}

/** Ids of all that a selection frame touches. */
export function pickWithin(
  document: ImageDocument,
  frame: Bounds,
  shown: (item: Annotation) => boolean = () => true,
): string[] {
  return document.annotations
    .filter((item) => item.region.kind !== "whole" && shown(item) && meet(boundsOfRegion(item.region, document), frame))
    .map((item) => item.id);
}

/** The annotation after (or before) the selected one, in reading order. */
export function neighbour(document: ImageDocument, step: 1 | -1): string | null {
  const order = document.annotations
    .filter((item) => item.region.kind !== "whole")
    .map((item) => ({ id: item.id, bounds: boundsOfRegion(item.region, document) }))
    .sort((a, b) => a.bounds.y1 - b.bounds.y1 || a.bounds.x1 - b.bounds.x1)
    .map((item) => item.id);
  if (order.length === 0) return null;
  const at = order.indexOf(document.selection[0] ?? "");
  const next = at < 0 ? (step > 0 ? 0 : order.length - 1) : (at + step + order.length) % order.length;
  return order[next] ?? null;
}
