/** Corners one after the other: by clicks, by hand, or both; the way to draw outlines and lines. */

import type { Sketch } from "@/canvas/scene";
import { direction, distance, type Place, signedArea, simplified, tidyPlace, turned } from "@/document/geometry";
import { targetsOf } from "@/document/snapping";

import { type Context, type Input, isDrag, reach, settled } from "./gesture";

/** Screen pixels around the corner that ends it. */
const ENDS = 10;
/** Screen pixels that a corner may be off a line drawn by hand. */
const TOLERANCE = 1.25;

/** A closed outline of three corners or more with an area, or null. A click on the first corner closes it. */
export function drawnOutline(start: Input, context: Context): Generator<Sketch, Place[] | null, Input> {
  return drawnCorners(start, context, true);
}

/** An open line of two corners or more, or null. A click on the last corner ends it. */
export function drawnLine(start: Input, context: Context): Generator<Sketch, Place[] | null, Input> {
  return drawnCorners(start, context, false);
}

function* drawnCorners(start: Input, context: Context, closed: boolean): Generator<Sketch, Place[] | null, Input> {
  const { label } = context.options;
  const targets = targetsOf(context.document);
  const first = tidyPlace(settled(start, context, targets).place);
  let corners: Place[] = [first];
  // How many corners each step has added, for a line by hand adds many; and what was taken back, to be put back.
  let steps: number[] = [1];
  let undone: Place[][] = [];
  let byHand: Place[] | null = null;
  let pressed: Input | null = start;
  let sketch: Sketch = { line: [first, first], label };

  const whole = (): Place[] | null => {
    const line = corners.filter((place, index) => index === 0 || distance(place, corners[index - 1] ?? place) > 0);
    if (!closed) return line.length >= 2 ? line : null;
    if (line.length > 1 && distance(line.at(-1) ?? first, first) === 0) line.pop();
    return line.length >= 3 && Math.abs(signedArea(line)) > 0 ? line : null;
  };
  const end = (): Place => (closed ? first : (corners.at(-1) ?? first));
  const ends = (place: Place): boolean => corners.length >= (closed ? 3 : 2) && distance(place, end()) <= reach(context, ENDS);
  const take = (places: Place[]): void => {
    corners = [...corners, ...places];
    steps = [...steps, places.length];
    undone = [];
  };

  for (;;) {
    const input: Input = yield sketch;
    if (input.type === "key") {
      if (input.key === "Enter") {
        const line = whole();
        if (line !== null) return line;
      } else if (input.key === "Backspace" || input.key === "undo") {
        const count = steps.at(-1) ?? 1;
        if (steps.length <= 1) return null;
        undone = [...undone, corners.slice(-count)];
        corners = corners.slice(0, -count);
        steps = steps.slice(0, -1);
      } else if (input.key === "redo") {
        const again = undone.at(-1);
        if (again !== undefined) {
          const rest = undone.slice(0, -1);
          take(again);
          undone = rest;
        }
      }
      sketch = { line: [...corners, settled(input, context, targets).place], label };
      continue;
    }
    let { place, guides } = settled(input, context, targets);
    if (input.shift) place = stepped(corners.at(-1) ?? first, place);
    const ending = ends(input.place);
    if (input.type === "down") {
      if (input.double) {
        const line = whole();
        if (line !== null) return line;
      }
      pressed = input;
    } else if (input.type === "move" && pressed !== null) {
      if (byHand === null && isDrag(context, pressed.place, input.place)) byHand = [corners.at(-1) ?? first];
      byHand?.push(input.place);
    } else if (input.type === "up" && pressed !== null) {
      const begun = pressed === start;
      pressed = null;
      if (byHand !== null) {
        const line = simplified(byHand, TOLERANCE / context.scale).slice(1).map(tidyPlace);
        byHand = null;
        take(line);
        if (closed && corners.length >= 3 && distance(input.place, first) <= reach(context, 2 * ENDS)) {
          const outline = whole();
          if (outline !== null) return outline;
        }
      } else if (!begun) {
        if (ending) {
          const line = whole();
          if (line !== null) return line;
        }
        if (distance(place, corners.at(-1) ?? first) > 0) take([tidyPlace(place)]);
      }
    }
    guides = byHand === null ? guides : [];
    sketch = {
      line: byHand === null ? [...corners, ending ? end() : place] : [...corners, ...byHand],
      closes: closed && ending,
      label,
      guides,
    };
  }
}

/** Turned to the next multiple of 15 degrees, at the same distance. */
export function stepped(from: Place, to: Place): Place {
  const angle = Math.round(direction(from, to) / 15) * 15;
  return turned([from[0] + distance(from, to), from[1]], from, angle);
}
