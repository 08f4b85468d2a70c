/** Dragging a handle of the selected region: resize, turn, move a corner, pull out a new one, take one away. */

import type { Sketch } from "@/canvas/scene";
import { type Command, objects, ROI, regionOf } from "@/document/annotations";
import type { Place } from "@/document/geometry";
import { dragged, type Handle, handleDirection, hasCorners, insertedCorner, withoutCorner } from "@/document/handles";
import { pickHandle } from "@/document/picking";
import { boundsOfRegion, covers, type Region, sameRegion } from "@/document/regions";
import { targetsOf } from "@/document/snapping";

import { type Context, type Gesture, type Input, measured, reach, settled } from "./gesture";

/** The only selected region, whose handles are shown. */
export function held(context: Context): { id: string; region: Region } | null {
  const { document } = context;
  const id = document.selection.length === 1 ? document.selection[0] : undefined;
  const region = id === undefined ? null : regionOf(document, id);
  return id === undefined || region === null ? null : { id, region };
}

/** The handle of the selected region at a place. */
export function handleAt(place: Place, context: Context): { id: string; region: Region; handle: Handle } | null {
  const found = held(context);
  if (found === null) return null;
  const handle = pickHandle(found.region, place, holdWithin(found.region, place, context), 1 / context.scale);
  return handle === null ? null : { ...found, handle };
}

/** How near a handle is taken. Inside a small object less near, so that there is a place left to move it by. */
function holdWithin(region: Region, place: Place, context: Context): number {
  if (!covers(region, place)) return reach(context);
  const { x1, y1, x2, y2 } = boundsOfRegion(region, context.document);
  return Math.min(reach(context), Math.min(x2 - x1, y2 - y1) / 4);
}

/** A gesture on a handle, when the pointer is on one. */
export function reshape(input: Input, context: Context): Gesture | null {
  const found = handleAt(input.place, context);
  if (found === null) return null;
  const { id, region, handle } = found;
  if (handle.kind === "corner" && (input.alt || input.double)) return cornerTaken(id, region, handle, context);
  if (handle.kind === "edge" && hasCorners(region)) {
    const grown = insertedCorner(region, handle.part, handle.index, handle.place);
    return pull(id, grown, { ...handle, kind: "corner", index: handle.index + 1 }, region, context);
  }
  return pull(id, region, handle, region, context);
}

/* eslint-disable require-yield -- a gesture that is over as soon as it began */
function* cornerTaken(id: string, region: Region, handle: Handle, context: Context): Gesture {
  if (!hasCorners(region) || handle.kind !== "corner") return [];
  const rest = withoutCorner(region, handle.part, handle.index);
  return [change(id, rest, `Take a corner from ${objects(context.document, [id])}`)];
}
/* eslint-enable require-yield */

function* pull(id: string, region: Region, handle: Handle, before: Region, context: Context): Gesture {
  const targets = targetsOf(context.document, new Set([id]));
  let next = region;
  let sketch: Sketch = { regions: new Map([[id, region]]) };
  for (;;) {
    const input: Input = yield sketch;
    if (input.type === "up") break;
    if (input.type !== "move") continue;
    const turns = handle.kind === "turn";
    const { place, guides } = turns ? { place: input.place, guides: [] } : settled(input, context, targets);
    next = dragged(region, handle, place, { symmetric: input.alt, steady: input.shift });
    sketch = { regions: new Map([[id, next]]), guides, note: noteOf(next, handle) };
  }
  if (sameRegion(next, before)) return [];
  const verb = handle.kind === "turn" ? "Turn" : handle.kind === "side" ? "Resize" : "Reshape";
  return [change(id, next, `${verb} ${objects(context.document, [id])}`)];
}

const change = (id: string, region: Region | null, title: string): Command =>
  id === ROI ? { type: "roi", roi: region } : { type: "regions", regions: new Map([[id, region]]), title };

function noteOf(region: Region, handle: Handle): string {
  if (region.kind === "box") return measured(region.x2 - region.x1, region.y2 - region.y1);
  if (region.kind === "rotated_box") {
    return handle.kind === "turn" ? `${region.angle.toFixed(1)}°` : measured(region.width, region.height);
  }
  return "";
}

const ARROWS = ["ew-resize", "nwse-resize", "ns-resize", "nesw-resize"] as const;

/** The cursor over a handle: the way that it goes. */
export function handleCursor(place: Place, context: Context): string | null {
  const found = handleAt(place, context);
  if (found === null) return null;
  const along = handleDirection(found.region, found.handle);
  if (along === null) return found.handle.kind === "turn" ? "grab" : found.handle.kind === "edge" ? "copy" : "move";
  return ARROWS[((Math.round(along / 45) % 4) + 4) % 4] ?? "move";
}
