/** Small plates with words: the class of an object, what is measured while drawing. */

import { colourOf, inkOn, type LabelClass } from "@/document/classes";
import type { Annotation } from "@/document/annotations";
import type { Size } from "@/document/geometry";
import { boundsOfRegion, type Region } from "@/document/regions";

import type { Pen } from "./kinds/style";
import { toScreen } from "./viewport";

const FONT = '500 12px "Inter Variable", system-ui, sans-serif';
/** Objects smaller than this on the screen carry their name only when they are selected or pointed at. */
const SMALLEST = 28;

export function drawTag(
  { context, view }: Pen,
  item: Annotation,
  region: Region,
  size: Size,
  classes: readonly LabelClass[],
  emphasis: boolean,
): void {
  const { x1, y1, x2, y2 } = boundsOfRegion(region, size);
  const point = region.kind === "point";
  if (!emphasis && !point && Math.max(x2 - x1, y2 - y1) * view.scale < SMALLEST) return;
  if (!emphasis && point && view.scale < 0.5) return;
  const words = wordsOf(item);
  if (words === "") return;
  const [left, top] = toScreen(view, [x1, y1]);
  const colour = colourOf(classes, item.label);
  const x = point ? left + 14 : left - 1;
  // Above the object; where the stage ends there, below its upper side.
  const above = top - 20 >= 2;
  plate(context, words, Math.max(x, 2), point ? top - 9 : above ? top - 20 : Math.max(top + 2, 2), colour);
}

function wordsOf(item: Annotation): string {
  const text = item.text === null || item.text === "" ? "" : `“${item.text}”`;
  const score = item.score === null ? "" : `${Math.round(item.score * 100)} %`;
  return [item.label, text, score].filter((part) => part !== "").join("  ");
}

function plate(context: CanvasRenderingContext2D, words: string, x: number, y: number, colour: string): void {
  context.font = FONT;
  const width = Math.ceil(context.measureText(words).width) + 12;
  context.beginPath();
  context.roundRect(x, y, width, 18, 3);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = "rgba(0, 0, 0, 0.45)";
  context.stroke();
  context.fillStyle = inkOn(colour);
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(words, x + 6, y + 9.5);
}

/** A note beside a place of the screen that stays on the stage. */
export function drawNote(context: CanvasRenderingContext2D, words: string, x: number, y: number, screen: Size): void {
  context.font = `${FONT.replace("500", "500")}`;
  const width = Math.ceil(context.measureText(words).width) + 14;
  const left = Math.min(x + 16, screen.width - width - 4);
  const top = Math.min(y + 18, screen.height - 26);
  context.beginPath();
  context.roundRect(left, top, width, 22, 4);
  context.fillStyle = "rgba(18, 20, 23, 0.88)";
  context.fill();
  context.strokeStyle = "rgba(255, 255, 255, 0.28)";
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = "#ffffff";
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(words, left + 7, top + 11.5);
}
