/** The region of interest: only there is learned and inspected. */

import type { Region } from "@/document/regions";
import { regionOf, ROI } from "@/document/annotations";

import { crossed, drawnBox } from "./box";
import type { Context, Gesture, Input, Tool } from "./gesture";
import { handleCursor, reshape } from "./reshaping";
import { drawnOutline } from "./tracing";

export const roi: Tool = {
  id: "roi",
  title: "Region of interest",
  key: "R",
  help: "Drag a box: only what lies in it is learned and inspected. Delete takes it away.",
  cursor: "crosshair",
  start: (input, context) => {
    const { document } = context;
    // Its handles can be dragged while this tool is held, whatever is selected.
    const own = regionOf(document, ROI) === null ? null : reshape(input, { ...context, document: { ...document, selection: [ROI] } });
    return own ?? draw(input, context);
  },
  hover: crossed,
  cursorAt: handleCursor,
};

function* draw(start: Input, context: Context): Gesture {
  let region: Region | null;
  if (context.options.roiOutline) {
    const outline = yield* drawnOutline(start, context);
    region = outline === null ? null : { kind: "polygon", parts: [outline] };
  } else region = yield* drawnBox(start, context, "");
  if (region === null) return [];
  return [
    { type: "roi", roi: region },
    { type: "select", ids: [ROI] },
  ];
}
