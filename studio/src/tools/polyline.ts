/** Open lines: click corners, or drag along the edge; a click on the last corner, a double click or Enter ends. */

import { added } from "./adding";
import { type Context, type Gesture, type Input, settled, type Tool } from "./gesture";
import { handleCursor, reshape } from "./reshaping";
import { drawnLine } from "./tracing";

export const polyline: Tool = {
  id: "polyline",
  title: "Line",
  key: "J",
  help: "Click corners, or drag. Click the last again, double click or Enter: end.",
  cursor: "crosshair",
  start: (input, context) => reshape(input, context) ?? draw(input, context),
  hover: (input, context) => ({ guides: settled(input, context).guides }),
  cursorAt: handleCursor,
};

function* draw(start: Input, context: Context): Gesture {
  const line = yield* drawnLine(start, context);
  return line === null ? [] : added({ kind: "polyline", parts: [line] }, context);
}
