/** The hand: dragging moves the picture, which the stage does itself. */

import type { Tool } from "./gesture";

export const pan: Tool = {
  id: "pan",
  title: "Move the picture",
  key: "H",
  help: "With any tool: hold Space, or use the middle or right button.",
  cursor: "grab",
  start: () => null,
};
