/** Text boxes: a turnable box around a word, whose reading is typed afterwards. */

import { rotatedBox } from "@/document/regions";

import { added } from "./adding";
import { crossed, drawnBox } from "./box";
import type { Context, Gesture, Input, Tool } from "./gesture";
import { handleCursor, reshape } from "./reshaping";

export const text: Tool = {
  id: "text",
  title: "Text",
  key: "T",
  help: "Drag a box around a word, then type what it reads. Its round handle turns it.",
  cursor: "crosshair",
  start: (input, context) => reshape(input, context) ?? draw(input, context),
  hover: crossed,
  cursorAt: handleCursor,
};

function* draw(start: Input, context: Context): Gesture {
  const drawn = yield* drawnBox(start, context, context.options.label);
  if (drawn === null) return [];
  const { x1, y1, x2, y2 } = drawn;
  return added(rotatedBox((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0), context, { text: "" });
}
