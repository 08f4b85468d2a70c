/** Turned boxes: draw one side, then say how far the box reaches across. */

import type { Sketch } from "@/canvas/scene";
import { direction, type Place } from "@/document/geometry";
import { boxAlong } from "@/document/handles";
import type { RotatedBoxRegion } from "@/document/regions";
import { targetsOf } from "@/document/snapping";

import { added } from "./adding";
import { crossed } from "./box";
import { type Context, type Gesture, type Input, isDrag, measured, settled, type Tool } from "./gesture";
import { handleCursor, reshape } from "./reshaping";
import { stepped } from "./tracing";

export const rotatedBox: Tool = {
  id: "rotated_box",
  title: "Oriented box",
  key: "O",
  help: "Draw one side the way it points, then click its width. Shift: steps of 15°.",
  cursor: "crosshair",
  start: (input, context) => reshape(input, context) ?? draw(input, context),
  hover: crossed,
  cursorAt: handleCursor,
};

function* draw(start: Input, context: Context): Gesture {
  const { label } = context.options;
  const targets = targetsOf(context.document);
  const from = settled(start, context, targets).place;
  let to: Place | null = null;
  let end = from;
  let pressed = true;
  let sketch: Sketch = { line: [from, from], label };
  for (;;) {
    const input: Input = yield sketch;
    if (input.type === "key") {
      if (input.key !== "Backspace" && input.key !== "undo") continue;
      if (to === null) return [];
      to = null;
      continue;
    }
    const { place, guides } = settled(input, context, targets);
    if (to === null) {
      end = input.shift ? stepped(from, place) : place;
      const length = Math.hypot(end[0] - from[0], end[1] - from[1]);
      sketch = { line: [from, end], label, guides, note: `${length.toFixed(1)} px, ${direction(from, end).toFixed(1)}°` };
      if (input.type === "up") {
        const far = isDrag(context, from, end);
        if (far) to = end;
        else if (!pressed) return [];
        pressed = false;
      }
      continue;
    }
    const region = boxAlong(from, to, place);
    sketch = { drawn: region, label, guides, note: `${measured(region.width, region.height)}, ${region.angle.toFixed(1)}°` };
    if (input.type === "up") return solid(region) ? added(region, context) : [];
  }
}

const solid = (region: RotatedBoxRegion): boolean => region.width > 0 && region.height > 0;
