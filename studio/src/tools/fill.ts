/** Fill what a mask encloses with one click; with Alt, take away the piece under the pointer. */

import { enclosed, pieces } from "@/document/flooding";
import { MaskSheet } from "@/document/mask";

import type { Context, Gesture, Input, Tool } from "./gesture";
import { erasable, erased, painted } from "./painting";

export const fill: Tool = {
  id: "fill",
  title: "Fill",
  key: "F",
  help: "Click a hole of a mask to fill it. Alt: take the piece under the pointer away.",
  cursor: "cell",
  start: (input, context) => pour(input, context),
};

/* eslint-disable require-yield -- a gesture that is over as soon as it began */
function* pour(start: Input, context: Context): Gesture {
  const column = Math.floor(start.place[0]);
  const row = Math.floor(start.place[1]);
  for (const item of erasable(context)) {
    const { mask } = item.region;
    const sheet = new MaskSheet(context.document, mask);
    if (start.alt) {
      const piece = mask.has(column, row) ? pieces(mask).find((each) => each.has(column, row)) : undefined;
      if (piece === undefined) continue;
      sheet.stamp(piece, sheet.uncover);
      return erased(new Map([[item.id, sheet]]), context);
    }
    const hole = enclosed(mask, column, row);
    if (hole === null) continue;
    sheet.stamp(hole, sheet.cover);
    return painted(sheet, item, context, "Fill");
  }
  return [];
}
/* eslint-enable require-yield */
