/** Points: a click sets one, a drag before letting go moves it to its place. */

import type { Sketch } from "@/canvas/scene";
import { type Command, objects } from "@/document/annotations";
import { distance, type Place, tidyPlace } from "@/document/geometry";
import type { PointRegion, Region } from "@/document/regions";

import { added } from "./adding";
import { type Context, type Gesture, type Input, reach, type Tool } from "./gesture";

export const point: Tool = {
  id: "point",
  title: "Point",
  key: "K",
  help: "Click to set a point; drag a point to move it.",
  cursor: "crosshair",
  start: (input, context) => set(input, context),
  cursorAt: (place, context) => (existing(place, context) === null ? null : "move"),
};

function* set(start: Input, context: Context): Gesture {
  const { label } = context.options;
  const old = existing(start.place, context);
  let region: PointRegion = old === null ? at(start, context) : old.region;
  const shown = (): Sketch =>
    old === null ? { drawn: region, label, note: words(region) } : { regions: new Map<string, Region>([[old.id, region]]), note: words(region) };
  let moved = false;
  for (;;) {
    const input: Input = yield shown();
    if (input.type === "key") continue;
    if (input.type === "move" || moved) {
      moved = true;
      region = at(input, context);
    }
    if (input.type === "up") break;
  }
  if (old === null) return added(region, context);
  const chosen: Command = { type: "select", ids: [old.id] };
  if (!moved) return [chosen];
  return [{ type: "regions", regions: new Map([[old.id, region]]), title: `Move ${objects(context.document, [old.id])}` }, chosen];
}

function at(input: Input, { document, options }: Context): PointRegion {
  const free: Place = tidyPlace(input.place);
  const [x, y] = options.pixels && !input.ctrl ? [Math.floor(input.place[0]) + 0.5, Math.floor(input.place[1]) + 0.5] : free;
  return { kind: "point", x: Math.min(Math.max(x, 0), document.width), y: Math.min(Math.max(y, 0), document.height) };
}

function existing(place: Place, context: Context): { id: string; region: PointRegion } | null {
  for (const { id, region, ...item } of context.document.annotations.toReversed()) {
    if (region.kind !== "point" || !context.shown({ id, region, ...item })) continue;
    if (distance(place, [region.x, region.y]) <= reach(context)) return { id, region };
  }
  return null;
}

const words = ({ x, y }: PointRegion): string => `${x.toFixed(1)}, ${y.toFixed(1)}`;
