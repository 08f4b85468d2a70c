/** Upright boxes: drag from corner to corner, or click both. The same gesture draws text boxes and regions of interest. */

import type { Place } from "@/document/geometry";
import { boxBetween, type BoxRegion } from "@/document/regions";
import type { Sketch } from "@/canvas/scene";
import { targetsOf } from "@/document/snapping";

import { added } from "./adding";
import { type Context, type Gesture, type Input, isDrag, measured, settled, type Tool } from "./gesture";
import { handleCursor, reshape } from "./reshaping";

export const box: Tool = {
  id: "box",
  title: "Box",
  key: "B",
  help: "Drag, or click both corners. Shift: square. Alt: from the middle. Ctrl: free.",
  cursor: "crosshair",
  start: (input, context) => reshape(input, context) ?? draw(input, context),
  hover: crossed,
  cursorAt: handleCursor,
};

function* draw(start: Input, context: Context): Gesture {
  const region = yield* drawnBox(start, context, context.options.label);
  return region === null ? [] : added(region, context);
}

/** Lines through the place where a press would count. */
export function crossed(input: Input, context: Context): Sketch {
  const { place, guides } = settled(input, context);
  return { cross: place, guides };
}

/** The box that a drag, or two clicks, make; null when it has no area. */
export function* drawnBox(start: Input, context: Context, label: string): Generator<Sketch, BoxRegion | null, Input> {
  const targets = targetsOf(context.document);
  const from = settled(start, context, targets).place;
  let region: BoxRegion | null = null;
  let clicks = false;
  let sketch: Sketch = { cross: from };
  for (;;) {
    const input: Input = yield sketch;
    if (input.type === "key") {
      if (input.key === "Backspace" || input.key === "undo") return null;
      continue;
    }
    const { place, guides } = settled(input, context, targets);
    const box = boxBetween(...ends(from, place, input));
    region = box.x2 > box.x1 && box.y2 > box.y1 ? box : null;
    sketch = {
      ...(region === null ? { cross: place } : { drawn: region, label }),
      guides,
      note: measured(box.x2 - box.x1, box.y2 - box.y1),
    };
    if (input.type === "up") {
      if (clicks || isDrag(context, start.place, input.place)) return region;
      clicks = true;
    }
  }
}

function ends(from: Place, to: Place, { shift, alt }: Input): [Place, Place] {
  let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  if (shift) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    dx = (dx < 0 ? -1 : 1) * side;
    dy = (dy < 0 ? -1 : 1) * side;
  }
  return [alt ? [from[0] - dx, from[1] - dy] : from, [from[0] + dx, from[1] + dy]];
}
