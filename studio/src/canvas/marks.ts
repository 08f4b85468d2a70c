/**
 * The marks of a scene on their own canvas. They are drawn anew only when they have changed. Many of them are not drawn for each
 * frame of a movement: a picture of them, larger than the stage, is moved along, and they are drawn sharp where it ends.
 */

import type { Painter } from "./painter";
import type { Scene, Sketch } from "./scene";
import { seen, toImage, type Viewport } from "./viewport";

/** From so many corners on a movement shows the picture of the marks. */
const MANY = 1200;
/** How far the picture reaches beyond each side of the stage, as a share of it. */
const BEYOND = 0.35;
/** By how much the picture is enlarged at most before it is made anew. */
const STRETCH = 1.6;

interface Kept {
  readonly canvas: HTMLCanvasElement;
  readonly view: Viewport;
  readonly scene: Scene;
  readonly ratio: number;
}

export class MarksLayer {
  private drawn: { view: Viewport; scene: Scene; ratio: number; sharp: boolean } | null = null;
  private kept: Kept | null = null;
  private many = false;

  constructor(private readonly painter: Painter) {}

  /** The canvas was emptied: everything is drawn anew. */
  forget(): void {
    this.drawn = null;
  }

  /** Whether what is seen is drawn exactly; else it is to be drawn again when the movement is over. */
  get sharp(): boolean {
    return this.drawn?.sharp !== false;
  }

  paint(canvas: HTMLCanvasElement, view: Viewport, scene: Scene, ratio: number, moving: boolean): void {
    const { drawn } = this;
    const same = drawn !== null && drawn.ratio === ratio && sameMarks(drawn.scene, scene);
    if (same && drawn.view === view && (drawn.sharp || moving)) return;
    const context = canvas.getContext("2d");
    if (context === null) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const moves = moving && same && this.many;
    if (moves) {
      const kept = this.picture(view, scene, ratio);
      const scale = view.scale / kept.view.scale;
      context.imageSmoothingQuality = "low";
      context.setTransform(scale, 0, 0, scale, (view.x - kept.view.x * scale) * ratio, (view.y - kept.view.y * scale) * ratio);
      context.drawImage(kept.canvas, 0, 0);
    } else {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.many = this.painter.paintMarks(context, view, scene, ratio) >= MANY;
      this.kept = null;
    }
    this.drawn = { view, scene, ratio, sharp: !moves };
  }

  /** A picture of the marks that holds all that is seen. */
  private picture(view: Viewport, scene: Scene, ratio: number): Kept {
    const { kept } = this;
    if (kept !== null && kept.ratio === ratio && sameMarks(kept.scene, scene) && holds(kept.view, view)) return kept;
    const { screen } = view;
    const [dx, dy] = [Math.round(screen.width * BEYOND), Math.round(screen.height * BEYOND)];
    const wide: Viewport = { ...view, x: view.x + dx, y: view.y + dy, screen: { width: screen.width + 2 * dx, height: screen.height + 2 * dy } };
    const canvas = kept?.canvas ?? document.createElement("canvas");
    canvas.width = Math.round(wide.screen.width * ratio);
    canvas.height = Math.round(wide.screen.height * ratio);
    const context = canvas.getContext("2d");
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (context !== null) this.painter.paintMarks(context, wide, scene, ratio);
    this.kept = { canvas, view: wide, scene, ratio };
    return this.kept;
  }
}

/** Whether all that one view shows of the image is in a picture made for another, at nearly the same scale. */
function holds(made: Viewport, view: Viewport): boolean {
  const scale = view.scale / made.scale;
  if (scale > STRETCH || scale < 1 / STRETCH) return false;
  const part = seen(view);
  const [x1, y1] = toImage(made, [0, 0]);
  const [x2, y2] = toImage(made, [made.screen.width, made.screen.height]);
  return part.x1 >= x1 && part.y1 >= y1 && part.x2 <= x2 && part.y2 <= y2;
}

const live = ({ regions, sheets }: Sketch): string => [...(regions?.keys() ?? []), ...(sheets?.keys() ?? [])].join(" ");

/** Whether two scenes have the same marks: what the hand is doing does not count. */
export function sameMarks(a: Scene, b: Scene): boolean {
  return (
    a.document?.annotations === b.document?.annotations &&
    a.document?.roi === b.document?.roi &&
    (a.sketch.selection ?? a.document?.selection) === (b.sketch.selection ?? b.document?.selection) &&
    a.suggestions === b.suggestions &&
    a.chosen === b.chosen &&
    a.hovered === b.hovered &&
    a.look === b.look &&
    live(a.sketch) === live(b.sketch)
  );
}
