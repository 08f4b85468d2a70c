/** Tiles of an image's pyramid: which are needed, fetched a few at a time, the latest used kept. */

import type { Bounds, Size } from "@/document/geometry";

import { levelFor, seen, toScreen, type Viewport } from "./viewport";

/** A level of the pyramid; level 0 has the image's own pixels, each further one half as many a side. */
export interface Level extends Size {
  readonly level: number;
  readonly columns: number;
  readonly rows: number;
}

/** An image to show. `address` gives the URL of a tile; `whole` a URL of the image without loss, where it is small. */
export interface Picture extends Size {
  readonly key: string;
  readonly tileSize: number;
  readonly levels: readonly Level[];
  readonly address: (level: number, column: number, row: number) => string;
  readonly whole: string | null;
}

export interface Tile {
  readonly level: number;
  readonly column: number;
  readonly row: number;
}

const AT_ONCE = 6;
const KEPT = 192;

/** The tiles of a level that a part of the image needs, those in its middle first. */
export function tilesIn(picture: Picture, level: number, part: Bounds): Tile[] {
  const facts = picture.levels[level];
  if (facts === undefined) return [];
  const side = picture.tileSize * 2 ** level;
  const low = (value: number): number => Math.max(Math.floor(value / side), 0);
  const high = (value: number, count: number): number => Math.min(Math.ceil(value / side), count);
  const found: Tile[] = [];
  for (let row = low(part.y1); row < high(part.y2, facts.rows); row += 1) {
    for (let column = low(part.x1); column < high(part.x2, facts.columns); column += 1) {
      found.push({ level, column, row });
    }
  }
  const x = (part.x1 + part.x2) / 2 / side - 0.5;
  const y = (part.y1 + part.y2) / 2 / side - 0.5;
  return found.sort((a, b) => Math.hypot(a.column - x, a.row - y) - Math.hypot(b.column - x, b.row - y));
}

export type Load = (url: string, signal: AbortSignal) => Promise<ImageBitmap>;

const load: Load = async (url, signal) => {
  const answer = await fetch(url, { signal, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`no picture: ${String(answer.status)}`);
  return createImageBitmap(await answer.blob());
};

export class Tiles {
  private picture: Picture | null = null;
  private readonly kept = new Map<string, ImageBitmap>();
  private readonly loading = new Map<string, AbortController>();
  private readonly failed = new Map<string, number>();
  private wanted: string[] = [];

  /** `arrived` is called when a tile can be drawn. */
  constructor(
    private readonly arrived: () => void,
    private readonly fetched: Load = load,
  ) {}

  show(picture: Picture | null): void {
    this.picture = picture;
    this.failed.clear();
  }

  /** Whether everything that was asked for last is there. */
  get complete(): boolean {
    return this.wanted.every((url) => this.kept.has(url));
  }

  close(): void {
    for (const controller of this.loading.values()) controller.abort();
    this.loading.clear();
    for (const bitmap of this.kept.values()) bitmap.close();
    this.kept.clear();
  }

  /**
   * Draw what is seen; ask for what is missing, and draw something coarser meanwhile. `ratio`: device pixels per CSS pixel;
   * `quick` while it moves.
   */
  draw(context: CanvasRenderingContext2D, view: Viewport, ratio: number, quick = false): void {
    const { picture } = this;
    if (picture === null) return;
    const scale = view.scale * ratio;
    context.imageSmoothingEnabled = scale < 2;
    context.imageSmoothingQuality = quick ? "low" : scale < 0.7 ? "high" : "medium";
    if (picture.whole !== null) {
      this.want([picture.whole]);
      const bitmap = this.kept.get(picture.whole);
      if (bitmap !== undefined) this.put(context, bitmap, view, ratio, { x1: 0, y1: 0, x2: picture.width, y2: picture.height });
      return;
    }
    const part = seen(view);
    const level = levelFor(scale, picture.levels.length);
    const coarsest = picture.levels.length - 1;
    const url = (tile: Tile): string => picture.address(tile.level, tile.column, tile.row);
    const needed = tilesIn(picture, level, part);
    this.want([...tilesIn(picture, coarsest, part), ...needed].map(url));
    if (!needed.every((tile) => this.kept.has(url(tile)))) {
      // From coarse to fine, so that the best there is lies on top.
      for (let coarse = coarsest; coarse > level; coarse -= 1) {
        for (const tile of tilesIn(picture, coarse, part)) this.putTile(context, picture, tile, view, ratio);
      }
    }
    for (const tile of needed) this.putTile(context, picture, tile, view, ratio);
  }

  private putTile(context: CanvasRenderingContext2D, picture: Picture, tile: Tile, view: Viewport, ratio: number): void {
    const bitmap = this.kept.get(picture.address(tile.level, tile.column, tile.row));
    if (bitmap === undefined) return;
    const step = 2 ** tile.level;
    const x1 = tile.column * picture.tileSize * step;
    const y1 = tile.row * picture.tileSize * step;
    this.put(context, bitmap, view, ratio, {
      x1,
      y1,
      x2: Math.min(x1 + bitmap.width * step, picture.width),
      y2: Math.min(y1 + bitmap.height * step, picture.height),
    });
  }

  private put(context: CanvasRenderingContext2D, bitmap: ImageBitmap, view: Viewport, ratio: number, part: Bounds): void {
    const [x1, y1] = toScreen(view, [part.x1, part.y1]);
    const [x2, y2] = toScreen(view, [part.x2, part.y2]);
    // Whole device pixels, or seams show between tiles. Large pixels are placed exactly, for they are pointed at.
    const exact = view.scale * ratio >= 2;
    const settle = (value: number): number => (exact ? value * ratio : Math.round(value * ratio));
    const left = settle(x1);
    const top = settle(y1);
    context.drawImage(bitmap, left, top, settle(x2) - left, settle(y2) - top);
  }

  private want(urls: string[]): void {
    this.wanted = urls;
    const asked = new Set(urls);
    for (const [url, controller] of this.loading) {
      if (!asked.has(url)) {
        controller.abort();
        this.loading.delete(url);
      }
    }
    for (const url of urls) {
      const bitmap = this.kept.get(url);
      if (bitmap !== undefined) {
        this.kept.delete(url);
        this.kept.set(url, bitmap);
      }
    }
    this.fill();
  }

  private fill(): void {
    for (const url of this.wanted) {
      if (this.loading.size >= AT_ONCE) return;
      if (this.kept.has(url) || this.loading.has(url)) continue;
      if ((this.failed.get(url) ?? 0) > Date.now()) continue;
      const controller = new AbortController();
      this.loading.set(url, controller);
      void this.fetchOne(url, controller);
    }
  }

  private async fetchOne(url: string, controller: AbortController): Promise<void> {
    try {
      const bitmap = await this.fetched(url, controller.signal);
      if (controller.signal.aborted) {
        bitmap.close();
        return;
      }
      this.kept.set(url, bitmap);
      this.trim();
    } catch {
      if (controller.signal.aborted) return;
      // The server may be away for a moment; look again, but not at once.
      this.failed.set(url, Date.now() + 2000);
      setTimeout(() => this.arrived(), 2100);
    }
    this.loading.delete(url);
    this.fill();
    this.arrived();
  }

  private trim(): void {
    const wanted = new Set(this.wanted);
    for (const [url, bitmap] of this.kept) {
      if (this.kept.size <= KEPT) return;
      if (wanted.has(url)) continue;
      bitmap.close();
      this.kept.delete(url);
    }
  }
}
