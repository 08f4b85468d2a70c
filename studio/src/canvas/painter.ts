/**
 * Draws a scene over the image, from the back to the front, in two parts: the marks, which stay as they are while the pointer
 * moves, and what the hand is doing.
 */

import { type Annotation, ROI } from "@/document/annotations";
import { colourOf } from "@/document/classes";
import { type Bounds, type Place } from "@/document/geometry";
import { type Handle, handlesOf } from "@/document/handles";
import { boundsOfRegion, linesOf, outlinesOf, type Region } from "@/document/regions";

import { MaskPictures } from "./kinds/mask";
import { drawOpenLine, drawOutlines } from "./kinds/outlines";
import { drawPoint } from "./kinds/point";
import { haloOf, ink, type Mark, type Pen, trace } from "./kinds/style";
import { type Brush, isShown, type Scene } from "./scene";
import { drawNote, drawTag } from "./tags";
import { seen, toScreen, type Viewport } from "./viewport";

/** From this size on the pixels' sides are drawn, screen pixels. */
const GRID_FROM = 12;
const ACCENT = "#4cc2ff";

type Layer = readonly [item: Annotation, region: Region, mark: Mark];

export class Painter {
  private readonly masks = new MaskPictures();

  /**
   * Everything that is known, but for what a gesture is changing. `context` draws in CSS pixels; `ratio` is how many of the
   * device's make one. Answers about how much there was to draw, in corners.
   */
  paintMarks(context: CanvasRenderingContext2D, view: Viewport, scene: Scene, ratio: number): number {
    const pen: Pen = { context, view };
    const { document, look, sketch } = scene;
    frameOfImage(pen);
    if (look.grid && view.scale >= GRID_FROM) grid(pen);
    if (document === null) return 0;
    if (document.roi !== null && !look.hidden && sketch.regions?.has(ROI) !== true) this.roi(pen, document.roi, selected(scene, ROI));
    const layers = layersOf(scene, view, (item) => !isLive(scene, item));
    for (const [, region, mark] of layers) this.region(pen, region, mark, ratio);
    if (look.tags) this.tags(pen, layers, scene);
    return layers.reduce((sum, [, region]) => sum + weightOf(region), 0);
  }

  /** What the hand is doing, over the marks. */
  paintSketch(context: CanvasRenderingContext2D, view: Viewport, scene: Scene, ratio: number): void {
    const pen: Pen = { context, view };
    const { document, look, sketch } = scene;
    if (document === null) return;
    const roi = sketch.regions?.get(ROI) ?? document.roi;
    if (roi !== null && !look.hidden && sketch.regions?.has(ROI) === true) this.roi(pen, roi, selected(scene, ROI));
    const live = layersOf(scene, view, (item) => isLive(scene, item));
    for (const [item, region, mark] of live) {
      const sheet = sketch.sheets?.get(item.id);
      if (sheet !== undefined) this.masks.drawSheet(pen, sheet, mark, ratio);
      else this.region(pen, region, mark, ratio);
    }
    this.sketch(pen, scene, ratio);
    if (look.tags) this.tags(pen, live, scene);
    // Handles belong to one: of several selected none could be dragged.
    const [only, ...others] = sketch.selection ?? document.selection;
    if (scene.handles && !look.hidden && only !== undefined && others.length === 0) {
      for (const [, region] of layersOf(scene, view, (item) => item.id === only)) handles(pen, region);
      if (roi !== null && only === ROI) handles(pen, roi);
    }
    if (look.featureSize > 0) featureSquare(pen, look.featureSize, scene.pointer);
    if (scene.keyboard && scene.pointer !== null) keyboardCross(pen, scene.pointer);
    if (sketch.note !== undefined && scene.pointer !== null) {
      const [x, y] = toScreen(view, scene.pointer);
      drawNote(context, sketch.note, x, y, view.screen);
    }
  }

  private tags(pen: Pen, layers: readonly Layer[], { document, look }: Scene): void {
    if (document === null) return;
    for (const [item, region, mark] of layers) {
      drawTag(pen, item, region, document, look.classes, mark.selected || mark.hovered);
    }
  }

  private region(pen: Pen, region: Region, mark: Mark, ratio: number): void {
    if (region.kind === "mask") this.masks.drawMask(pen, region.mask, mark, ratio);
    else if (region.kind === "point") drawPoint(pen, region, mark);
    else drawOutlines(pen, region, mark);
  }

  private sketch(pen: Pen, scene: Scene, ratio: number): void {
    const { sketch, look } = scene;
    const { context, view } = pen;
    const colour = colourOf(look.classes, sketch.label ?? "");
    const mark: Mark = { colour, selected: true, hovered: false, suggested: false, opacity: look.opacity };
    if (sketch.sheet !== undefined) this.masks.drawSheet(pen, sketch.sheet, mark, ratio);
    if (sketch.drawn !== undefined) this.region(pen, sketch.drawn, mark, ratio);
    if (sketch.line !== undefined) drawOpenLine(pen, sketch.line, mark, sketch.closes === true);
    for (const guide of sketch.guides ?? []) {
      context.beginPath();
      if (guide.axis === "x") {
        const [x] = toScreen(view, [guide.at, 0]);
        trace(context, [[x, 0], [x, view.screen.height]], false);
      } else {
        const [, y] = toScreen(view, [0, guide.at]);
        trace(context, [[0, y], [view.screen.width, y]], false);
      }
      context.lineWidth = 1;
      context.strokeStyle = ACCENT;
      context.stroke();
    }
    if (sketch.frame !== undefined) selectionFrame(pen, sketch.frame);
    if (sketch.cross !== undefined) crossLines(pen, sketch.cross);
    if (sketch.brush !== undefined) brushRim(pen, sketch.brush);
  }

  /** What lies outside the region of interest is dimmed. */
  private roi({ context, view }: Pen, region: Region, selected: boolean): void {
    const outlines = outlinesOf(region).map((outline) => outline.map((place) => toScreen(view, place)));
    if (outlines.length === 0) return;
    const [left, top] = toScreen(view, [0, 0]);
    context.save();
    context.beginPath();
    context.rect(left, top, view.image.width * view.scale, view.image.height * view.scale);
    for (const outline of outlines) trace(context, outline, true);
    context.fillStyle = "rgba(10, 12, 14, 0.5)";
    context.fill("evenodd");
    context.beginPath();
    for (const outline of outlines) trace(context, outline, true);
    context.lineWidth = selected ? 3 : 2;
    context.strokeStyle = "rgba(0, 0, 0, 0.8)";
    context.stroke();
    context.setLineDash([8, 6]);
    context.strokeStyle = "#ffffff";
    context.lineWidth = selected ? 2 : 1.25;
    context.stroke();
    context.restore();
  }
}

const selected = ({ document, sketch }: Scene, id: string): boolean =>
  (sketch.selection ?? document?.selection ?? []).includes(id);

/** What a gesture is changing is drawn anew for each of its steps. */
const isLive = ({ sketch }: Scene, { id }: Annotation): boolean => sketch.regions?.has(id) === true || sketch.sheets?.has(id) === true;

/** What is in sight of suggestions and annotations, from the back to the front. */
function layersOf(scene: Scene, view: Viewport, wanted: (item: Annotation) => boolean): Layer[] {
  const { document, look, sketch } = scene;
  if (document === null) return [];
  const part = seen(view);
  const chosen = new Set(sketch.selection ?? document.selection);
  const layers: Layer[] = [];
  for (const [items, suggested] of [
    [scene.suggestions, true],
    [document.annotations, false],
  ] as const) {
    for (const item of items) {
      if (item.region.kind === "whole" || !isShown(item, look) || !wanted(item)) continue;
      const changed = sketch.regions?.get(item.id);
      const region = changed === undefined ? item.region : changed;
      if (region === null || !inSight(boundsOfRegion(region, document), part)) continue;
      const mark: Mark = {
        colour: colourOf(look.classes, item.label),
        selected: chosen.has(item.id) || scene.chosen === item.id,
        hovered: scene.hovered === item.id,
        suggested,
        opacity: look.opacity,
      };
      layers.push([item, region, mark]);
    }
  }
  return layers.sort((a, b) => rank(a[1], a[2]) - rank(b[1], b[2]));
}

/** How much there is to draw of a region, in corners. */
function weightOf(region: Region): number {
  if (region.kind === "mask") return 40;
  let corners = 4;
  for (const line of [...outlinesOf(region), ...linesOf(region)]) corners += line.length;
  return corners;
}

/** Masks lie below outlines, outlines below points; what is selected lies on top of its kind. */
const rank = (region: Region, mark: Mark): number =>
  (region.kind === "mask" ? 0 : region.kind === "point" ? 4 : 2) + (mark.selected ? 1 : 0);

const inSight = (a: Bounds, b: Bounds): boolean => a.x1 <= b.x2 + 1 && b.x1 <= a.x2 + 1 && a.y1 <= b.y2 + 1 && b.y1 <= a.y2 + 1;

function frameOfImage({ context, view }: Pen): void {
  const [x, y] = toScreen(view, [0, 0]);
  context.lineWidth = 1;
  context.strokeStyle = "rgba(128, 128, 128, 0.6)";
  context.strokeRect(x - 0.5, y - 0.5, view.image.width * view.scale + 1, view.image.height * view.scale + 1);
}

function grid({ context, view }: Pen): void {
  const { x1, y1, x2, y2 } = seen(view);
  context.beginPath();
  const [left, top] = toScreen(view, [x1, y1]);
  const [right, bottom] = toScreen(view, [x2, y2]);
  for (let column = Math.ceil(x1); column <= x2; column += 1) {
    const x = Math.round(column * view.scale + view.x) + 0.5;
    context.moveTo(x, top);
    context.lineTo(x, bottom);
  }
  for (let row = Math.ceil(y1); row <= y2; row += 1) {
    const y = Math.round(row * view.scale + view.y) + 0.5;
    context.moveTo(left, y);
    context.lineTo(right, y);
  }
  context.lineWidth = 1;
  context.strokeStyle = view.scale >= 24 ? "rgba(128, 128, 128, 0.45)" : "rgba(128, 128, 128, 0.28)";
  context.stroke();
}

function handles({ context, view }: Pen, region: Region): void {
  const all = handlesOf(region, 1 / view.scale);
  // Many corners close together would hide the outline.
  const crowded = all.length > 400;
  for (const handle of all) {
    const [x, y] = toScreen(view, handle.place);
    if (x < -10 || y < -10 || x > view.screen.width + 10 || y > view.screen.height + 10) continue;
    if (crowded && handle.kind === "edge") continue;
    if (handle.kind === "turn") {
      const [fx, fy] = toScreen(view, handle.from);
      context.beginPath();
      trace(context, [[fx, fy], [x, y]], false);
      context.lineWidth = 3;
      context.strokeStyle = "rgba(0, 0, 0, 0.7)";
      context.stroke();
      context.lineWidth = 1.25;
      context.strokeStyle = "#ffffff";
      context.stroke();
    }
    knob(context, handle, x, y, view.scale);
  }
}

function knob(context: CanvasRenderingContext2D, handle: Handle, x: number, y: number, scale: number): void {
  const size = handle.kind === "edge" ? 2.75 : scale < 0.05 ? 3 : 4;
  context.beginPath();
  if (handle.kind === "side") context.rect(x - size, y - size, 2 * size, 2 * size);
  else context.arc(x, y, handle.kind === "turn" ? 5.5 : size, 0, 2 * Math.PI);
  context.fillStyle = handle.kind === "edge" ? "rgba(255, 255, 255, 0.75)" : "#ffffff";
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = "rgba(0, 0, 0, 0.85)";
  context.stroke();
}

function selectionFrame({ context, view }: Pen, frame: Bounds): void {
  const [x1, y1] = toScreen(view, [frame.x1, frame.y1]);
  const [x2, y2] = toScreen(view, [frame.x2, frame.y2]);
  context.beginPath();
  context.rect(x1, y1, x2 - x1, y2 - y1);
  ink(context, { colour: ACCENT, selected: false, hovered: false, suggested: false, opacity: 0.4 }, true);
}

function crossLines({ context, view }: Pen, place: Place): void {
  const [x, y] = toScreen(view, place);
  context.beginPath();
  trace(context, [[x, 0], [x, view.screen.height]], false);
  trace(context, [[0, y], [view.screen.width, y]], false);
  context.lineWidth = 1;
  context.strokeStyle = "rgba(0, 0, 0, 0.45)";
  context.setLineDash([]);
  context.stroke();
  context.setLineDash([4, 4]);
  context.strokeStyle = "rgba(255, 255, 255, 0.8)";
  context.stroke();
  context.setLineDash([]);
}

function keyboardCross({ context, view }: Pen, place: Place): void {
  const [x, y] = toScreen(view, place);
  context.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    trace(context, [[x + 5 * dx, y + 5 * dy], [x + 18 * dx, y + 18 * dy]], false);
  }
  context.lineWidth = 5;
  context.strokeStyle = "rgba(0, 0, 0, 0.8)";
  context.stroke();
  context.lineWidth = 2;
  context.strokeStyle = "#ffffff";
  context.stroke();
}

/** The rim of a brush, exactly around the pixels that it would cover. */
function brushRim({ context, view }: Pen, brush: Brush): void {
  const [x, y] = toScreen(view, brush.place);
  const radius = (brush.diameter / 2) * view.scale;
  context.beginPath();
  if (brush.round && brush.diameter > 2) context.arc(x, y, radius, 0, 2 * Math.PI);
  else context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  context.setLineDash(brush.erases ? [5, 4] : []);
  context.lineWidth = 3;
  context.strokeStyle = "rgba(0, 0, 0, 0.75)";
  context.stroke();
  context.lineWidth = 1.25;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.setLineDash([]);
}

/** The square that a network looks at, around the pointer, or in the middle of what is seen. */
function featureSquare({ context, view }: Pen, side: number, pointer: Place | null): void {
  const part = seen(view);
  const [cx, cy] = pointer ?? [(part.x1 + part.x2) / 2, (part.y1 + part.y2) / 2];
  const [x, y] = toScreen(view, [cx - side / 2, cy - side / 2]);
  const length = side * view.scale;
  context.fillStyle = "rgba(128, 128, 128, 0.22)";
  context.fillRect(x, y, length, length);
  context.lineWidth = 3;
  context.strokeStyle = haloOf("#ffffff");
  context.strokeRect(x, y, length, length);
  context.lineWidth = 1.25;
  context.strokeStyle = "#ffffff";
  context.strokeRect(x, y, length, length);
  drawNote(context, `Feature size ${side} px`, x - 16, y + length - 14, view.screen);
}
