/** Outlines: click corners, or drag to draw by hand; a click on the first corner, a double click or Enter closes. */

import { added } from "./adding";
import { type Context, type Gesture, type Input, settled, type Tool } from "./gesture";
import { handleCursor, reshape } from "./reshaping";
import { drawnOutline } from "./tracing";

export const polygon: Tool = {
  id: "polygon",
  title: "Outline",
  key: "P",
  help: "Click corners, or drag. Click the first, double click or Enter: close.",
  cursor: "crosshair",
  start: (input, context) => reshape(input, context) ?? draw(input, context),
  hover: (input, context) => ({ guides: settled(input, context).guides }),
  cursorAt: handleCursor,
};

function* draw(start: Input, context: Context): Gesture {
  const outline = yield* drawnOutline(start, context);
  return outline === null ? [] : added({ kind: "polygon", parts: [outline] }, context);
}
