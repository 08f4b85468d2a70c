/** The drawing board: it joins the stage, the tool in hand and the session. No framework. */

import { type GrayWindow } from "@/canvas/grays";
import { EMPTY_SCENE, isShown, type Scene, type Sketch } from "@/canvas/scene";
import { type PointerNews, Stage } from "@/canvas/stage";
import { toImage } from "@/canvas/viewport";
import { nudge, regionOf, turn } from "@/document/annotations";
import { around, type Bounds, clamp, inside, type Place } from "@/document/geometry";
import { neighbour, pick } from "@/document/picking";
import { boundsOfRegion } from "@/document/regions";
import type { Context, Input } from "@/tools/gesture";
import { Hand } from "@/tools/hand";
import { toolById } from "@/tools/toolbox";

import { pictureOf } from "./picture";
import type { Session } from "./session";
import type { State } from "./state";

const QUIET = { shift: false, alt: false, ctrl: false, double: false, key: "" } as const;

export class Board {
  readonly stage: Stage;
  readonly hand: Hand;
  private sketch: Sketch = {};
  private pointer: Place | null = null;
  private keyboard = false;
  /** A key holds the brush down. */
  private penDown = false;
  private lastClick: Place | null = null;
  private space = false;
  private shown: State;
  private grays: GrayWindow | null = null;
  private readonly unwatch: () => void;
  /** Where the place under the pointer is written. */
  readout: HTMLElement | null = null;

  constructor(
    host: HTMLElement,
    private readonly session: Session,
  ) {
    this.shown = session.state;
    this.stage = new Stage(host, {
      pointer: (news) => this.onPointer(news),
      viewport: (view) => {
        host.dataset.scale = String(view.scale);
        host.dataset.x = String(view.x);
        host.dataset.y = String(view.y);
        session.store.set({ scale: view.scale });
      },
    });
    this.hand = new Hand(toolById(this.shown.tool), {
      context: () => this.context(),
      sketch: (sketch) => {
        this.sketch = sketch;
        this.draw();
      },
      done: (commands) => session.run(commands),
    });
    this.unwatch = session.store.watch(() => this.renew());
    this.picture();
    this.draw();
  }

  close(): void {
    this.unwatch();
    this.hand.cancel();
    this.stage.close();
  }

  // Pictures

  setGrays(grays: GrayWindow | null): void {
    this.grays = grays;
    this.picture();
  }

  private picture(): void {
    const { image } = this.shown;
    this.stage.show(image === null ? null : pictureOf(image, this.grays));
  }

  private renew(): void {
    const before = this.shown;
    const now = this.session.state;
    this.shown = now;
    if (now.tool !== before.tool) {
      this.hand.take(toolById(now.tool));
      this.grab();
    }
    if (now.image?.id !== before.image?.id) {
      this.hand.cancel();
      this.penDown = false;
      this.grays = null;
    }
    if (now.image?.id !== before.image?.id || now.image?.version !== before.image?.version) this.picture();
    if (now.suggested?.heatmap !== before.suggested?.heatmap || now.look.heatmap !== before.look.heatmap) {
      void this.stage.heatmap(now.look.heatmap > 0 ? (now.suggested?.heatmap ?? null) : null);
    }
    if (now.chosen !== before.chosen && now.chosen !== null) this.revealSuggestion(now.chosen);
    this.draw();
  }

  private draw(): void {
    const { document, chosen, hovered, look, tool } = this.shown;
    const scene: Scene = {
      ...EMPTY_SCENE,
      document,
      suggestions: this.session.open,
      chosen,
      hovered,
      handles: tool !== "pan",
      sketch: this.sketch,
      look,
      pointer: this.pointer,
      keyboard: this.keyboard,
    };
    this.stage.draw(scene);
  }

  private context(): Context | null {
    const { document, options, look } = this.shown;
    if (document === null) return null;
    return { document, options, scale: this.stage.viewport.scale, shown: (item) => isShown(item, look) };
  }

  // The pointer

  private onPointer(news: PointerNews): void {
    if (news.type === "leave") {
      if (!this.hand.busy) this.pointer = null;
      this.write();
      this.hand.leave();
      this.session.hover(null);
      this.draw();
      return;
    }
    this.keyboard = false;
    this.pointer = news.place;
    this.write();
    if (news.type === "cancel") {
      this.hand.cancel();
      return;
    }
    if (news.type === "down" && this.takeSuggestion(news)) return;
    const { type, place, shift, alt, ctrl, double } = news;
    this.hand.send({ type, place, shift, alt, ctrl, double, key: "" });
    if (!this.hand.busy) {
      this.stage.cursor = this.space ? "grab" : this.hand.cursorAt(place);
      if (this.shown.tool === "select") this.session.hover(this.under(place));
    }
    this.draw();
  }

  private under(place: Place): string | null {
    const context = this.context();
    if (context === null) return null;
    return pick(context.document, place, 9 / context.scale, context.shown)[0] ?? this.suggestionAt(place);
  }

  private suggestionAt(place: Place): string | null {
    const context = this.context();
    if (context === null) return null;
    const suggested = { ...context.document, annotations: this.session.open, roi: null };
    return pick(suggested, place, 9 / context.scale, context.shown)[0] ?? null;
  }

  /** A click on a suggestion chooses it, a double click takes it over. */
  private takeSuggestion(news: PointerNews): boolean {
    if (this.shown.tool !== "select" || this.hand.busy) return false;
    const context = this.context();
    if (context === null || pick(context.document, news.place, 9 / context.scale, context.shown).length > 0) return false;
    const id = this.suggestionAt(news.place);
    if (id === null) return false;
    if (news.double) this.session.accept([id]);
    else this.session.choose(id);
    return true;
  }

  private write(): void {
    const { document } = this.shown;
    if (this.readout === null || document === null) return;
    const [x, y] = this.pointer ?? [-1, -1];
    const within = x >= 0 && y >= 0 && x < document.width && y < document.height;
    this.readout.textContent = within ? `${String(Math.floor(x))}, ${String(Math.floor(y))}` : "";
  }

  // The keyboard

  /** Space is held: dragging moves the picture. */
  hold(space: boolean): void {
    this.space = space;
    this.grab();
  }

  private grab(): void {
    this.stage.grabbing = this.space || this.shown.tool === "pan";
    this.stage.cursor = this.stage.grabbing ? "grab" : this.hand.tool.cursor;
  }

  /** Whether there is something to give up. */
  get canEscape(): boolean {
    const { document, chosen } = this.session.state;
    return this.hand.busy || chosen !== null || (document?.selection.length ?? 0) > 0 || this.keyboard;
  }

  /** Give up what goes on: the gesture, else the selection. Says whether there was something. */
  escape(): boolean {
    this.penDown = false;
    if (this.hand.cancel()) return true;
    const { document, chosen } = this.session.state;
    if (chosen !== null) {
      this.session.choose(null);
      return true;
    }
    if (document !== null && document.selection.length > 0) {
      this.session.select([]);
      return true;
    }
    if (!this.keyboard) return false;
    this.keyboard = false;
    this.pointer = null;
    this.hand.leave();
    this.draw();
    return true;
  }

  /** A key for the gesture that goes on: "Enter", "Backspace", "undo", "redo". */
  tell(key: string): boolean {
    if (!this.hand.busy) return false;
    this.hand.send({ ...QUIET, type: "key", place: this.pointer ?? this.middle(), key });
    return true;
  }

  /** Arrow keys: push what is selected by pixels; else move the keyboard's cross. */
  arrow(dx: number, dy: number, far: boolean, fine: boolean): void {
    const { document } = this.session.state;
    if (document === null) return;
    if (!this.hand.busy && document.selection.length > 0) {
      const step = far ? 10 : 1;
      const command = nudge(document, [dx * step, dy * step]);
      if (command !== null) this.session.run([command]);
      return;
    }
    const { scale } = this.stage.viewport;
    const step = fine ? 1 : Math.max(1, Math.round((far ? 64 : 8) / scale));
    const from = this.pointer ?? this.middle();
    const start = this.keyboard ? from : ([Math.round(from[0]), Math.round(from[1])] as const);
    this.pointer = inside([start[0] + dx * step, start[1] + dy * step], document);
    this.keyboard = true;
    this.write();
    const [x, y] = this.pointer;
    this.stage.reveal({ x1: x, y1: y, x2: x, y2: y });
    this.hand.send({ ...QUIET, type: "move", place: this.pointer });
    this.draw();
  }

  /** Enter: what a click does, at the keyboard's cross. Twice at one place ends an outline; the brush is set down and lifted. */
  press(shift: boolean, alt: boolean): void {
    if (!this.keyboard) {
      if (this.tell("Enter")) return;
      this.pointer ??= this.middle().map(Math.round) as unknown as Place;
      this.keyboard = true;
      this.draw();
      return;
    }
    const place = this.pointer ?? this.middle();
    const input = (type: Input["type"]): Input => ({ ...QUIET, type, place, shift, alt });
    const paints = this.shown.tool === "brush" || this.shown.tool === "eraser";
    if (paints) {
      this.penDown = !this.penDown;
      this.hand.send(input(this.penDown ? "down" : "up"));
    } else if (this.hand.busy && this.lastClick !== null && this.lastClick[0] === place[0] && this.lastClick[1] === place[1]) {
      this.tell("Enter");
    } else {
      this.hand.send(input("down"));
      this.hand.send(input("up"));
    }
    this.lastClick = place;
    this.draw();
  }

  turn(degrees: number): void {
    const { document } = this.session.state;
    const command = document === null ? null : turn(document, degrees);
    if (command !== null) this.session.run([command]);
  }

  /** Select the next object in reading order, and bring it into sight. */
  next(step: 1 | -1): void {
    const { document } = this.session.state;
    const id = document === null ? null : neighbour(document, step);
    if (id === null) return;
    this.session.select([id]);
    this.reveal([id]);
  }

  reveal(ids: readonly string[]): void {
    const part = this.boundsOf(ids);
    if (part !== null) this.stage.reveal(part);
  }

  /** Zoom into what is selected; without a selection, show all. */
  zoomToSelection(): void {
    const part = this.boundsOf(this.session.state.document?.selection ?? []);
    if (part === null) this.stage.fit();
    else {
      const room = Math.max(part.x2 - part.x1, part.y2 - part.y1, 8) * 0.25;
      this.stage.zoomInto({ x1: part.x1 - room, y1: part.y1 - room, x2: part.x2 + room, y2: part.y2 + room });
    }
  }

  /** The brush, a little larger or smaller. */
  sizeBrush(step: 1 | -1): void {
    const { brush } = this.session.state.options;
    const by = Math.max(1, Math.round(brush * 0.15)) * step;
    this.session.options({ brush: clamp(brush + by, 1, 512) });
    if (this.pointer !== null) this.hand.send({ ...QUIET, type: "move", place: this.pointer });
  }

  private revealSuggestion(id: string): void {
    const item = this.session.open.find((each) => each.id === id);
    const { document } = this.session.state;
    if (item === undefined || document === null || item.region.kind === "whole") return;
    this.stage.reveal(boundsOfRegion(item.region, document));
  }

  private boundsOf(ids: readonly string[]): Bounds | null {
    const { document } = this.session.state;
    if (document === null) return null;
    let part: Bounds | null = null;
    for (const id of ids) {
      const region = regionOf(document, id);
      if (region === null || region.kind === "whole") continue;
      const own = boundsOfRegion(region, document);
      part = part === null ? own : around(part, own);
    }
    return part;
  }

  private middle(): Place {
    const { screen } = this.stage.viewport;
    const place = toImage(this.stage.viewport, [screen.width / 2, screen.height / 2]);
    const { document } = this.session.state;
    return document === null ? place : inside(place, document);
  }
}

