/** Brush and eraser: pixels are covered or uncovered exactly, those whose centres the brush passes over. */

import type { Brush, Sketch } from "@/canvas/scene";
import { meet, type Place } from "@/document/geometry";
import { MaskSheet } from "@/document/mask";
import { brushPlace, type Span, squareStrokeSpans, strokeSpans } from "@/document/raster";

import type { Context, Gesture, Input, Tool } from "./gesture";
import { erasable, erased, goesOnWith, painted } from "./painting";

/** Where the last stroke ended, for a straight line from there with Shift. */
let lastEnd: { place: Place; width: number; height: number } | null = null;

export const brush: Tool = {
  id: "brush",
  title: "Brush",
  key: "M",
  help: "[ and ]: size. Shift: straight on from the last stroke. Alt: erase.",
  cursor: "none",
  start: (input, context) => (input.alt ? erase(input, context) : paint(input, context)),
  hover: (input, context) => ({ brush: brushAt(input.place, context, input.alt) }),
};

export const eraser: Tool = {
  id: "eraser",
  title: "Eraser",
  key: "E",
  help: "[ and ]: size. It takes from the selected mask, else from all that are shown.",
  cursor: "none",
  start: (input, context) => erase(input, context),
  hover: (input, context) => ({ brush: brushAt(input.place, context, true) }),
};

function brushAt(place: Place, { options }: Context, erases: boolean): Brush {
  return { place: brushPlace(place, options.brush), diameter: options.brush, round: options.round, erases };
}

function* stroke(start: Input, context: Context, cover: (spans: (span: Span) => void) => void, show: (at: Place) => Sketch): Generator<Sketch, void, Input> {
  const { document, options } = context;
  const { brush: diameter, round } = options;
  const line = (from: Place, to: Place): void =>
    cover((span) => {
      if (round) strokeSpans(from, to, diameter / 2, document, span);
      else squareStrokeSpans(from, to, diameter, document, span);
    });
  let at = brushPlace(start.place, diameter);
  const known = lastEnd !== null && lastEnd.width === document.width && lastEnd.height === document.height;
  line(start.shift && known && lastEnd !== null ? lastEnd.place : at, at);
  for (;;) {
    const input: Input = yield show(at);
    if (input.type === "key") continue;
    const next = brushPlace(input.place, diameter);
    if (next[0] !== at[0] || next[1] !== at[1]) line(at, next);
    at = next;
    lastEnd = { place: at, width: document.width, height: document.height };
    if (input.type === "up") return;
  }
}

function* paint(start: Input, context: Context): Gesture {
  const before = goesOnWith(context);
  const sheet = new MaskSheet(context.document, before?.region.mask);
  yield* stroke(
    start,
    context,
    (spans) => spans(sheet.cover),
    (at) => {
      const shown: Sketch = { brush: brushAt(at, context, false), label: before?.label ?? context.options.label };
      return before === null ? { ...shown, sheet } : { ...shown, sheets: new Map([[before.id, sheet]]) };
    },
  );
  return painted(sheet, before, context);
}

function* erase(start: Input, context: Context): Gesture {
  const targets = erasable(context);
  const sheets = new Map<string, MaskSheet>();
  yield* stroke(
    start,
    context,
    (spans) => {
      let box = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
      const rows: Parameters<Span>[] = [];
      spans((row, from, to) => {
        rows.push([row, from, to]);
        box = { x1: Math.min(box.x1, from), y1: Math.min(box.y1, row), x2: Math.max(box.x2, to), y2: Math.max(box.y2, row + 1) };
      });
      for (const item of targets) {
        if (!meet(item.region.mask.bounds, box)) continue;
        let sheet = sheets.get(item.id);
        if (sheet === undefined) {
          sheet = new MaskSheet(context.document, item.region.mask);
          sheets.set(item.id, sheet);
        }
        for (const row of rows) sheet.uncover(...row);
      }
    },
    (at) => ({ brush: brushAt(at, context, true), sheets: new Map(sheets) }),
  );
  return erased(sheets, context);
}
