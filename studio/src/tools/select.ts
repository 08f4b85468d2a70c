/** Select, move, resize and turn what is there. */

import type { Sketch } from "@/canvas/scene";
import { type Command, objects, regionOf, ROI } from "@/document/annotations";
import { type Bounds, boundsOf, minus, type Place } from "@/document/geometry";
import { pick, pickWithin } from "@/document/picking";
import { boundsOfRegion, heldInside, movedBy, type Region } from "@/document/regions";
import { onPixels, snappedBounds, targetsOf } from "@/document/snapping";

import { type Context, type Gesture, type Input, isDrag, reach, type Tool } from "./gesture";
import { handleCursor, reshape } from "./reshaping";

export const select: Tool = {
  id: "select",
  title: "Select",
  key: "V",
  help: "Click to select, drag to move or reshape, drag beside it for a frame.",
  cursor: "default",
  start: (input, context) => reshape(input, context) ?? grasp(input, context),
  cursorAt: (place, context) =>
    handleCursor(place, context) ?? (under(place, context).length > 0 ? "move" : null),
};

const under = (place: Place, context: Context): string[] =>
  pick(context.document, place, reach(context), context.shown);

function grasp(input: Input, context: Context): Gesture {
  const found = under(input.place, context);
  return found.length === 0 ? frame(input, context) : move(input, found, context);
}

function* move(start: Input, found: readonly string[], context: Context): Gesture {
  const { document, options } = context;
  const first = found[0] ?? "";
  // What is selected already is moved, even when something else lies on top of it.
  const own = found.find((id) => document.selection.includes(id));
  const ids = start.shift
    ? toggled(document.selection, first)
    : own === undefined
      ? [first]
      : document.selection;
  const chosen: Command = { type: "select", ids };
  const still = new Map<string, Region>();
  for (const id of ids) {
    const region = regionOf(document, id);
    if (region !== null) still.set(id, region);
  }
  let sketch: Sketch = { selection: ids };
  let moved: Map<string, Region> | null = null;
  const targets = targetsOf(document, new Set(ids));
  const whole = around([...still.values()], context);
  for (;;) {
    const input: Input = yield sketch;
    if (input.type === "up") break;
    if (input.type !== "move" || still.size === 0) continue;
    if (moved === null && !isDrag(context, start.place, input.place)) continue;
    let way = minus(input.place, start.place);
    if (input.shift) way = Math.abs(way[0]) > Math.abs(way[1]) ? [way[0], 0] : [0, way[1]];
    if (options.pixels && !input.ctrl) way = onPixels(way);
    let guides: Sketch["guides"] = [];
    if (options.snap && !input.ctrl) {
      const next = shifted(whole, way);
      const settle = snappedBounds(next, targets, reach(context, 6));
      way = [way[0] + settle.way[0], way[1] + settle.way[1]];
      guides = settle.guides;
    }
    for (const region of still.values()) way = heldInside(region, way, document);
    const by = way;
    moved = new Map([...still].map(([id, region]) => [id, movedBy(region, by)]));
    sketch = { selection: ids, regions: moved, guides };
  }
  if (moved === null) {
    if (start.shift) return [chosen];
    // A click on what is selected goes on to what lies below it.
    const at = own === undefined || document.selection.length > 1 ? -1 : found.indexOf(own);
    return [{ type: "select", ids: [found[(at + 1) % found.length] ?? first] }];
  }
  const roi = moved.get(ROI);
  const commands: Command[] = [chosen];
  if (roi !== undefined) commands.push({ type: "roi", roi });
  moved.delete(ROI);
  if (moved.size > 0) {
    commands.push({ type: "regions", regions: moved, title: `Move ${objects(document, [...moved.keys()])}` });
  }
  return commands;
}

const toggled = (ids: readonly string[], id: string): string[] =>
  ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];

function around(regions: readonly Region[], { document }: Context): Bounds {
  return boundsOf(
    regions.flatMap((region): Place[] => {
      const { x1, y1, x2, y2 } = boundsOfRegion(region, document);
      return [
        [x1, y1],
        [x2, y2],
      ];
    }),
  );
}

const shifted = (box: Bounds, [dx, dy]: Place): Bounds => ({
  x1: box.x1 + dx,
  y1: box.y1 + dy,
  x2: box.x2 + dx,
  y2: box.y2 + dy,
});

function* frame(start: Input, context: Context): Gesture {
  const before = start.shift ? context.document.selection : [];
  let ids: readonly string[] = before;
  let sketch: Sketch = {};
  for (;;) {
    const input: Input = yield sketch;
    if (input.type === "up") break;
    if (input.type !== "move" || !isDrag(context, start.place, input.place)) continue;
    const box = boundsOf([start.place, input.place]);
    ids = [...new Set([...before, ...pickWithin(context.document, box, context.shown)])];
    sketch = { frame: box, selection: ids };
  }
  return [{ type: "select", ids }];
}
