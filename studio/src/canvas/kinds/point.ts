/** Points: a ring with a cross whose middle is left open, so that the pixel under it is seen. */

import type { PointRegion } from "@/document/regions";

import { toScreen } from "../viewport";
import { haloOf, type Mark, type Pen } from "./style";

export function drawPoint({ context, view }: Pen, region: PointRegion, mark: Mark): void {
  const [x, y] = toScreen(view, [region.x, region.y]);
  const radius = mark.selected ? 9 : mark.hovered ? 8.5 : 7;
  context.setLineDash(mark.suggested ? [4, 3] : []);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    context.moveTo(x + dx * 3, y + dy * 3);
    context.lineTo(x + dx * (radius + 4), y + dy * (radius + 4));
  }
  context.lineWidth = mark.selected ? 5 : 4;
  context.strokeStyle = haloOf(mark.colour);
  context.stroke();
  context.lineWidth = mark.selected ? 2.5 : 2;
  context.strokeStyle = mark.colour;
  context.stroke();
  context.setLineDash([]);
}
