/** Boxes, turned boxes, polygons and open lines. */

import type { Outline } from "@/document/geometry";
import { cornersOf, type Place } from "@/document/geometry";
import { linesOf, outlinesOf, type Region, type RotatedBoxRegion } from "@/document/regions";

import { toScreen } from "../viewport";
import { haloOf, ink, type Mark, type Pen, trace } from "./style";

export function drawOutlines({ context, view }: Pen, region: Region, mark: Mark): void {
  context.beginPath();
  for (const outline of outlinesOf(region)) trace(context, onScreen(outline, view), true);
  for (const line of linesOf(region)) trace(context, onScreen(line, view), false);
  ink(context, mark, region.kind !== "polyline");
  if (region.kind === "rotated_box") drawHeading({ context, view }, region, mark);
}

/** A short arrow out of the side that the angle points to: a turned box has a direction. */
function drawHeading({ context, view }: Pen, region: RotatedBoxRegion, mark: Mark): void {
  const { cx, cy, width, height, angle } = region;
  const [, upper, lower] = cornersOf(cx, cy, width, height, angle).map((corner) => toScreen(view, corner));
  const centre = toScreen(view, [cx, cy]);
  if (upper === undefined || lower === undefined) return;
  const side: Place = [(upper[0] + lower[0]) / 2, (upper[1] + lower[1]) / 2];
  const reach = Math.hypot(side[0] - centre[0], side[1] - centre[1]);
  if (reach < 10) return;
  const dx = (side[0] - centre[0]) / reach;
  const dy = (side[1] - centre[1]) / reach;
  const tip = Math.min(9, reach / 2);
  context.beginPath();
  context.moveTo(side[0] - dx * tip - dy * tip * 0.7, side[1] - dy * tip + dx * tip * 0.7);
  context.lineTo(side[0], side[1]);
  context.lineTo(side[0] - dx * tip + dy * tip * 0.7, side[1] - dy * tip - dx * tip * 0.7);
  ink(context, { ...mark, suggested: false }, false);
}

/** An outline or a line that is being drawn, with its corners; where a click ends it the corner is larger. */
export function drawOpenLine({ context, view }: Pen, line: Outline, mark: Mark, closes: boolean): void {
  const places = onScreen(line, view);
  context.beginPath();
  trace(context, places, false);
  ink(context, mark, false);
  for (const [index, [x, y]] of places.entries()) {
    const last = index === places.length - 1 && places.length > 1;
    if (last) continue;
    const radius = index === 0 ? (closes ? 8 : 5.5) : 3.5;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = index === 0 && closes ? mark.colour : "#ffffff";
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = index === 0 && closes ? "#ffffff" : haloOf("#ffffff");
    context.stroke();
  }
}

/** The corners on the screen. Of a crowd within half a pixel one is enough. */
function onScreen(outline: Outline, view: Pen["view"]): Place[] {
  const places: Place[] = [];
  let before: Place | null = null;
  for (const [index, place] of outline.entries()) {
    const at = toScreen(view, place);
    const last = index === outline.length - 1;
    if (before !== null && !last && Math.abs(at[0] - before[0]) + Math.abs(at[1] - before[1]) < 0.5) continue;
    places.push(at);
    before = at;
  }
  return places;
}
