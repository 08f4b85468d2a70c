/** How marks are drawn so that they can be seen on any image: a line in the class's colour with a halo against it. */

import { luminance } from "@/document/classes";
import type { Place } from "@/document/geometry";

import type { Viewport } from "../viewport";

export interface Mark {
  /** `#rrggbb` */
  readonly colour: string;
  readonly selected: boolean;
  readonly hovered: boolean;
  /** A model's suggestion: drawn with dashes, for it is not truth yet. */
  readonly suggested: boolean;
  /** 0 to 1, of areas. */
  readonly opacity: number;
}

export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly view: Viewport;
}

/** Bright colours are set off by dark, dark ones by light. */
export const haloOf = (colour: string): string =>
  luminance(colour) > 0.12 ? "rgba(0, 0, 0, 0.72)" : "rgba(255, 255, 255, 0.85)";

export function alpha(colour: string, share: number): string {
  return `${colour}${Math.round(Math.min(Math.max(share, 0), 1) * 255)
    .toString(16)
    .padStart(2, "0")}`;
}

/** Stroke and fill the current path. */
export function ink(context: CanvasRenderingContext2D, mark: Mark, closed: boolean): void {
  if (closed) {
    const share = mark.opacity * (mark.selected ? 0.42 : mark.hovered ? 0.5 : 0.34);
    if (share > 0) {
      context.fillStyle = alpha(mark.colour, share);
      context.fill("evenodd");
    }
  }
  const width = mark.selected ? 2.5 : 1.75;
  context.lineJoin = "round";
  context.setLineDash(mark.suggested ? [7, 5] : []);
  context.lineWidth = width + 2;
  context.strokeStyle = haloOf(mark.colour);
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = mark.colour;
  context.stroke();
  context.setLineDash([]);
}

export function trace(context: CanvasRenderingContext2D, places: readonly Place[], close: boolean): void {
  for (const [index, [x, y]] of places.entries()) {
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  if (close) context.closePath();
}
