/**
 * A tool is a list of gestures, and a gesture is a generator: it takes the pointer's and the keyboard's doings one by one,
 * yields what is to be seen meanwhile, and returns the commands that come of it. None: nothing has happened.
 */

import type { Sketch } from "@/canvas/scene";
import type { Annotation, Command, ImageDocument } from "@/document/annotations";
import type { Place } from "@/document/geometry";
import { onPixels, type Snapped, snapped, type Targets, targetsOf } from "@/document/snapping";

export interface Input {
  readonly type: "down" | "move" | "up" | "key";
  readonly place: Place;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  /** The second press of a double click. */
  readonly double: boolean;
  /** "Enter", "Backspace", "undo" or "redo" of a key. */
  readonly key: string;
}

export interface Options {
  /** The class that is drawn. */
  readonly label: string;
  /** Settle on what is near: borders of objects and of the image. */
  readonly snap: boolean;
  /** Corners lie on the sides of pixels, points in their middles. */
  readonly pixels: boolean;
  /** Diameter or side of the brush, pixels. */
  readonly brush: number;
  readonly round: boolean;
  /** What a stroke encloses is filled. */
  readonly fill: boolean;
  /** A class has one mask in an image; else each object has its own. */
  readonly onePerClass: boolean;
  /** Painting takes the pixels from the masks of other classes. */
  readonly apart: boolean;
  /** The region of interest is an outline, not a box. */
  readonly roiOutline: boolean;
  /** Defects are marked on an image that is good or bad as a whole: a mark takes the good label away. */
  readonly goodLabels: readonly string[];
}

export interface Context {
  readonly document: ImageDocument;
  /** Screen pixels per pixel of the image. */
  readonly scale: number;
  readonly options: Options;
  readonly shown: (item: Annotation) => boolean;
}

export type Gesture = Generator<Sketch, readonly Command[], Input>;

export interface Tool {
  readonly id: ToolId;
  readonly title: string;
  readonly key: string;
  /** One sentence: how it is used. */
  readonly help: string;
  readonly cursor: string;
  /** What begins when the pointer goes down; null when nothing does. */
  start(input: Input, context: Context): Gesture | null;
  /** What is seen while the pointer only moves. */
  hover?(input: Input, context: Context): Sketch;
  /** The cursor over a place, where it differs. */
  cursorAt?(place: Place, context: Context): string | null;
}

export type ToolId =
  | "select"
  | "box"
  | "rotated_box"
  | "polygon"
  | "polyline"
  | "brush"
  | "eraser"
  | "area"
  | "fill"
  | "point"
  | "text"
  | "roi"
  | "pan";

/** Screen pixels: how near is on it, how far is a drag. */
export const REACH = 9;
export const DRAG = 4;

export const reach = (context: Context, pixels = REACH): number => pixels / context.scale;

export const isDrag = (context: Context, from: Place, to: Place): boolean =>
  Math.hypot(to[0] - from[0], to[1] - from[1]) * context.scale > DRAG;

/** Where a press or a move counts: settled on what is near, and on pixels. Ctrl takes the opposite of the settings. */
export function settled(input: Input, context: Context, targets?: Targets): Snapped {
  const { options } = context;
  const free = options.pixels ? onPixels(input.place) : input.place;
  if (options.snap === input.ctrl) return { place: within(input.ctrl ? input.place : free, context), guides: [] };
  const found = snapped(input.place, targets ?? targetsOf(context.document), reach(context, 7));
  const moved = found.place !== input.place;
  const x = moved && found.place[0] !== input.place[0] ? found.place[0] : free[0];
  const y = moved && found.place[1] !== input.place[1] ? found.place[1] : free[1];
  return { place: within([x, y], context), guides: found.guides };
}

const within = ([x, y]: Place, { document }: Context): Place => [
  Math.min(Math.max(x, 0), document.width),
  Math.min(Math.max(y, 0), document.height),
];

/** "120 × 64 px" */
export function measured(width: number, height: number): string {
  const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
  return `${figure(width)} × ${figure(height)} px`;
}
