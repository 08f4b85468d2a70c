/** Paint the pixels inside an outline: for large areas, where a brush would take long. */

import { MaskSheet } from "@/document/mask";
import { outlineSpans } from "@/document/raster";

import type { Context, Gesture, Input, Tool } from "./gesture";
import { settled } from "./gesture";
import { erasable, erased, goesOnWith, painted } from "./painting";
import { drawnOutline } from "./tracing";

export const area: Tool = {
  id: "area",
  title: "Filled area",
  key: "L",
  help: "Draw an outline: its pixels are painted. Begin with Alt to erase them.",
  cursor: "crosshair",
  start: (input, context) => draw(input, context),
  hover: (input, context) => ({ guides: settled(input, context).guides }),
};

function* draw(start: Input, context: Context): Gesture {
  const outline = yield* drawnOutline(start, context);
  if (outline === null) return [];
  if (start.alt) {
    const sheets = new Map(
      erasable(context).map((item): [string, MaskSheet] => {
        const sheet = new MaskSheet(context.document, item.region.mask);
        outlineSpans(outline, context.document, sheet.uncover);
        return [item.id, sheet];
      }),
    );
    return erased(sheets, context);
  }
  const before = goesOnWith(context);
  const sheet = new MaskSheet(context.document, before?.region.mask);
  outlineSpans(outline, context.document, sheet.cover);
  return painted(sheet, before, context);
}
