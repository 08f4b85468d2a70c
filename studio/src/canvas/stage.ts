/**
 * The stage: three canvases on top of each other, the image, the marks, and what the hand is doing; and the pointer's way to the
 * tools.
 *
 * It draws when something has changed, at most once a frame. Zoom and pan belong to the stage; everything else that the
 * pointer does is handed on in image coordinates.
 */

import type { Bounds, Place, Size } from "@/document/geometry";

import { filterFor, type GrayWindow } from "./grays";
import { MarksLayer } from "./marks";
import { Painter } from "./painter";
import { EMPTY_SCENE, type Scene } from "./scene";
import { type Picture, Tiles } from "./tiles";
import { fitted, middle, panned, resized, revealed, toImage, toScreen, type Viewport, zoomed } from "./viewport";

export interface PointerNews {
  readonly type: "down" | "move" | "up" | "leave" | "cancel";
  readonly place: Place;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  readonly double: boolean;
}

export interface StageEvents {
  pointer(news: PointerNews): void;
  viewport(view: Viewport): void;
}

const STEP = 1.25;
/** A movement is over when nothing has moved for so long, milliseconds. */
const STILL = 120;

export class Stage {
  private readonly below: HTMLCanvasElement;
  private readonly between: HTMLCanvasElement;
  private readonly above: HTMLCanvasElement;
  private readonly tiles: Tiles;
  private readonly painter = new Painter();
  private readonly marks = new MarksLayer(this.painter);
  private readonly observer: ResizeObserver;
  private picture: Picture | null = null;
  private heat: ImageBitmap | null = null;
  private heatUrl: string | null = null;
  private scene: Scene = EMPTY_SCENE;
  /** How many tiles have come, and what the picture was painted with. */
  private arrived = 0;
  private pictured: readonly unknown[] = [];
  private view: Viewport;
  private asked = 0;
  private follows = true;
  private readonly touches = new Map<number, Place>();
  private panning: number | null = null;
  private drawing: number | null = null;
  private last: Place = [0, 0];
  private closed = false;
  /** The picture is being moved or zoomed: quickly first, finely when it stands. */
  private moving = false;
  private still: ReturnType<typeof setTimeout> | undefined;
  /** Space or the hand tool: dragging moves the picture. */
  grabbing = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly events: StageEvents,
  ) {
    this.below = this.canvas("stage-picture");
    this.between = this.canvas("stage-marks");
    this.above = this.canvas("stage-scene");
    this.tiles = new Tiles(() => {
      this.arrived += 1;
      this.ask();
    });
    const screen = this.screen();
    this.view = fitted(screen, screen);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.above.addEventListener("pointerdown", this.down);
    this.above.addEventListener("pointermove", this.move);
    this.above.addEventListener("pointerup", this.up);
    this.above.addEventListener("pointercancel", this.cancel);
    this.above.addEventListener("pointerleave", this.leave);
    this.above.addEventListener("wheel", this.wheel, { passive: false });
    this.above.addEventListener("contextmenu", prevent);
    this.resize();
  }

  get viewport(): Viewport {
    return this.view;
  }

  /** Whether all of the picture that is seen has been drawn as fine as it can be. */
  get complete(): boolean {
    return this.asked === 0 && this.picture !== null && this.tiles.complete;
  }

  close(): void {
    this.closed = true;
    cancelAnimationFrame(this.asked);
    this.observer.disconnect();
    this.tiles.close();
    this.heat?.close();
    clearTimeout(this.still);
    this.below.remove();
    this.between.remove();
    this.above.remove();
  }

  /** Show an image. The same image in another window of grays keeps its place. */
  show(picture: Picture | null): void {
    const sameImage = picture !== null && picture.key === this.picture?.key;
    this.picture = picture;
    this.tiles.show(picture);
    if (picture !== null && !sameImage) {
      const same = this.view.image.width === picture.width && this.view.image.height === picture.height;
      // A series of images of one size is looked at in one place: only another size is fitted anew.
      if (!same || this.follows) this.fit();
      else this.look({ ...this.view, image: picture });
    }
    this.ask();
  }

  draw(scene: Scene): void {
    this.scene = scene;
    this.ask();
  }

  /** While the window of grays is dragged: show what is there as the wanted window would. */
  preview(made: GrayWindow | null, wanted: GrayWindow | null): void {
    this.below.style.filter = made === null || wanted === null ? "none" : filterFor(made, wanted);
  }

  set cursor(name: string) {
    this.above.style.cursor = name;
  }

  async heatmap(url: string | null): Promise<void> {
    if (url === this.heatUrl) return;
    this.heatUrl = url;
    this.heat?.close();
    this.heat = null;
    this.ask();
    if (url === null) return;
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      const bitmap = await createImageBitmap(await answer.blob());
      if (this.heatUrl === url) this.heat = bitmap;
      else bitmap.close();
    } catch {
      this.heatUrl = null;
    }
    this.ask();
  }

  fit(): void {
    this.follows = true;
    this.look(fitted(this.screen(), this.picture ?? this.view.image), true);
  }

  /** One pixel of the image on one pixel of the screen, or any other scale. */
  scaleTo(scale: number): void {
    this.look(zoomed(this.view, scale / this.view.scale, middle(this.view)));
  }

  zoom(steps: number, at: Place = middle(this.view)): void {
    this.look(zoomed(this.view, STEP ** steps, at));
  }

  pan(way: Place): void {
    this.look(panned(this.view, way));
  }

  reveal(part: Bounds): void {
    const next = revealed(this.view, part);
    if (next.x !== this.view.x || next.y !== this.view.y || next.scale !== this.view.scale) this.look(next);
  }

  zoomInto(part: Bounds): void {
    this.look(fitted(this.view.screen, this.view.image, part));
  }

  /** Where a place of the image is on the page. */
  onPage(place: Place): Place {
    const [x, y] = toScreen(this.view, place);
    const box = this.host.getBoundingClientRect();
    return [x + box.left, y + box.top];
  }

  private look(view: Viewport, fits = false): void {
    if (!fits) this.follows = false;
    this.view = view;
    this.moving = true;
    clearTimeout(this.still);
    this.still = setTimeout(() => {
      this.moving = false;
      this.ask();
    }, STILL);
    this.events.viewport(view);
    this.ask();
  }

  private canvas(name: string): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = name;
    canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;touch-action:none;user-select:none";
    canvas.setAttribute("aria-hidden", "true");
    this.host.append(canvas);
    return canvas;
  }

  private screen(): Size {
    return { width: Math.max(this.host.clientWidth, 1), height: Math.max(this.host.clientHeight, 1) };
  }

  private get ratio(): number {
    return window.devicePixelRatio || 1;
  }

  private resize(): void {
    const screen = this.screen();
    this.marks.forget();
    this.pictured = [];
    for (const canvas of [this.below, this.between, this.above]) {
      canvas.width = Math.round(screen.width * this.ratio);
      canvas.height = Math.round(screen.height * this.ratio);
    }
    if (this.follows) this.look(fitted(screen, this.picture ?? this.view.image), true);
    else this.look(resized(this.view, screen));
    this.paint();
  }

  private ask(): void {
    if (this.asked !== 0 || this.closed) return;
    this.asked = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
    const { ratio } = this;
    const above = this.above.getContext("2d");
    if (above === null) return;
    above.setTransform(ratio, 0, 0, ratio, 0, 0);
    above.clearRect(0, 0, this.view.screen.width, this.view.screen.height);
    this.paintPicture(ratio);
    if (this.picture === null) {
      this.between.getContext("2d")?.clearRect(0, 0, this.between.width, this.between.height);
      this.marks.forget();
      return;
    }
    this.marks.paint(this.between, this.view, this.scene, ratio, this.moving);
    this.painter.paintSketch(above, this.view, this.scene, ratio);
  }

  /** The image and the heatmap over it, when they have changed. */
  private paintPicture(ratio: number): void {
    const { view, picture, heat, moving } = this;
    const { heatmap, hidden } = this.scene.look;
    const shown = heat !== null && heatmap > 0 && !hidden ? heatmap : 0;
    const state = [view, picture, heat, shown, moving, this.arrived] as const;
    if (state.every((each, index) => each === this.pictured[index])) return;
    this.pictured = state;
    const below = this.below.getContext("2d");
    if (below === null) return;
    below.setTransform(1, 0, 0, 1, 0, 0);
    below.clearRect(0, 0, this.below.width, this.below.height);
    if (picture === null) return;
    this.tiles.draw(below, view, ratio, moving);
    if (heat === null || shown === 0) return;
    const [x, y] = toScreen(view, [0, 0]);
    below.globalAlpha = shown;
    below.imageSmoothingEnabled = true;
    below.drawImage(heat, x * ratio, y * ratio, view.image.width * view.scale * ratio, view.image.height * view.scale * ratio);
    below.globalAlpha = 1;
  }

  private at(event: MouseEvent): Place {
    const box = this.above.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private news(type: PointerNews["type"], event: MouseEvent, double = false): void {
    this.events.pointer({
      type,
      place: toImage(this.view, this.at(event)),
      shift: event.shiftKey,
      alt: event.altKey,
      ctrl: event.ctrlKey || event.metaKey,
      double,
    });
  }

  private readonly down = (event: PointerEvent): void => {
    this.host.focus({ preventScroll: true });
    this.above.setPointerCapture(event.pointerId);
    this.last = this.at(event);
    if (event.pointerType === "touch") {
      this.touches.set(event.pointerId, this.last);
      if (this.touches.size === 2) {
        if (this.drawing !== null) this.news("cancel", event);
        this.drawing = null;
        return;
      }
    }
    if (event.button === 1 || event.button === 2 || (event.button === 0 && this.grabbing)) {
      this.panning = event.pointerId;
      event.preventDefault();
      return;
    }
    if (event.button !== 0) return;
    this.drawing = event.pointerId;
    this.news("down", event, event.detail >= 2);
  };

  private readonly move = (event: PointerEvent): void => {
    const at = this.at(event);
    if (this.touches.size === 2 && this.touches.has(event.pointerId)) {
      this.pinch(event.pointerId, at);
      return;
    }
    if (this.panning === event.pointerId) {
      this.pan([at[0] - this.last[0], at[1] - this.last[1]]);
      this.last = at;
      return;
    }
    // A quick stroke has more places than frames.
    const all = this.drawing === event.pointerId ? event.getCoalescedEvents() : [];
    for (const each of all.length > 1 ? all : [event]) this.news("move", each);
  };

  private readonly up = (event: PointerEvent): void => {
    this.touches.delete(event.pointerId);
    if (this.panning === event.pointerId) this.panning = null;
    if (this.drawing === event.pointerId) {
      this.drawing = null;
      this.news("up", event);
    }
  };

  private readonly cancel = (event: PointerEvent): void => {
    this.touches.delete(event.pointerId);
    if (this.panning === event.pointerId) this.panning = null;
    if (this.drawing === event.pointerId) {
      this.drawing = null;
      this.news("cancel", event);
    }
  };

  private readonly leave = (event: PointerEvent): void => this.news("leave", event);

  private pinch(id: number, at: Place): void {
    const before = this.touches.get(id) ?? at;
    const other = [...this.touches].find(([key]) => key !== id)?.[1] ?? at;
    const grown = Math.hypot(at[0] - other[0], at[1] - other[1]) / Math.max(Math.hypot(before[0] - other[0], before[1] - other[1]), 1);
    const centre: Place = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
    this.touches.set(id, at);
    this.look(panned(zoomed(this.view, grown, centre), [(at[0] - before[0]) / 2, (at[1] - before[1]) / 2]));
  }

  /** A wheel zooms, two fingers on a pad move, a pinch on a pad (the browser says ctrl) zooms. */
  private readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 400 : 1;
    const pad = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL && (event.deltaX !== 0 || Math.abs(event.deltaY) < 40);
    if (event.ctrlKey || event.metaKey || !(pad || event.shiftKey)) {
      const speed = event.ctrlKey && pad ? 0.01 : 0.002;
      this.look(zoomed(this.view, Math.exp(-event.deltaY * lines * speed), this.at(event)));
    } else if (event.shiftKey && event.deltaX === 0) this.pan([-event.deltaY * lines, 0]);
    else this.pan([-event.deltaX * lines, -event.deltaY * lines]);
    this.news("move", event);
  };
}

const prevent = (event: Event): void => event.preventDefault();
