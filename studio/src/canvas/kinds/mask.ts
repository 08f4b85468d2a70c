/** Masks: areas in the class's colour with a rim, drawn from chunks that are painted once per level of detail. */

import { rgbOf, luminance } from "@/document/classes";
import { type Bounds, meet } from "@/document/geometry";
import { type Mask, type MaskSheet } from "@/document/mask";

import { MaskPyramid } from "../pyramid";
import { levelFor, seen, toScreen } from "../viewport";
import { haloOf, type Mark, type Pen } from "./style";

/** Side of a chunk, pixels of its level. */
const CHUNK = 512;
/** From here on a rim is drawn as lines along the pixels' sides: an opaque pixel would hide what it marks. */
const LINES_FROM = 3;

interface Chunk {
  readonly area: HTMLCanvasElement;
  readonly rim: HTMLCanvasElement;
  readonly x: number;
  readonly y: number;
}

/** A mask, or a sheet that is being painted on, as the screen shows it. */
class MaskPicture {
  private pyramid: MaskPyramid;
  private bits: Uint8Array;
  private readonly chunks = new Map<string, Chunk | null>();
  private colour = "";

  constructor(mask: Mask) {
    this.pyramid = new MaskPyramid(mask);
    this.bits = mask.bits;
  }

  /** The mask was painted on in this window. */
  renew(mask: Mask, dirty: Bounds | null): void {
    if (mask.bits !== this.bits) {
      this.bits = mask.bits;
      this.pyramid = new MaskPyramid(mask);
      this.chunks.clear();
    } else if (dirty !== null) {
      this.pyramid.renew(dirty);
      for (const key of this.chunks.keys()) {
        const [level = 0, column = 0, row = 0] = key.split(" ").map(Number);
        const side = CHUNK * 2 ** level;
        const x1 = column * side;
        const y1 = row * side;
        const rim = 2 ** level;
        if (!meet({ x1, y1, x2: x1 + side, y2: y1 + side }, grown(dirty, rim))) continue;
        const chunk = this.chunks.get(key);
        if (chunk === null || chunk === undefined) this.chunks.delete(key);
        else this.paint(chunk, level, grown(scaled(dirty, level), 1));
      }
    }
  }

  draw({ context, view }: Pen, mark: Mark, ratio: number): void {
    if (mark.colour !== this.colour) {
      this.colour = mark.colour;
      this.chunks.clear();
    }
    const level = levelFor(view.scale * ratio, 12);
    const lines = view.scale >= LINES_FROM;
    const step = 2 ** level;
    const { x, y, width, height } = this.pyramid.level(level);
    const part = scaled(seen(view), level);
    const x1 = Math.max(part.x1, x - 1);
    const y1 = Math.max(part.y1, y - 1);
    const x2 = Math.min(part.x2, x + width + 1);
    const y2 = Math.min(part.y2, y + height + 1);
    if (x1 >= x2 || y1 >= y2) return;
    context.imageSmoothingEnabled = view.scale * step * ratio < 1;
    for (let row = Math.floor(y1 / CHUNK); row * CHUNK < y2; row += 1) {
      for (let column = Math.floor(x1 / CHUNK); column * CHUNK < x2; column += 1) {
        const chunk = this.chunk(level, column, row);
        if (chunk === null) continue;
        const [left, top] = toScreen(view, [chunk.x * step, chunk.y * step]);
        const side = view.scale * step;
        const put = (canvas: HTMLCanvasElement): void =>
          context.drawImage(canvas, left, top, canvas.width * side, canvas.height * side);
        context.globalAlpha = mark.opacity * (mark.suggested ? 0.45 : mark.selected ? 0.68 : 0.58);
        put(chunk.area);
        context.globalAlpha = 1;
        if (!lines) put(chunk.rim);
      }
    }
    if (lines) this.drawLines({ context, view }, mark, seen(view));
    else if (mark.selected) this.drawFrame({ context, view }, mark);
  }

  /** At low zoom a dashed frame says what is selected. */
  private drawFrame({ context, view }: Pen, mark: Mark): void {
    const { x, y, width, height } = this.pyramid.own;
    const [x1, y1] = toScreen(view, [x, y]);
    const [x2, y2] = toScreen(view, [x + width, y + height]);
    context.beginPath();
    context.rect(x1 - 3, y1 - 3, x2 - x1 + 6, y2 - y1 + 6);
    context.setLineDash([4, 4]);
    context.lineWidth = 3;
    context.strokeStyle = haloOf(mark.colour);
    context.stroke();
    context.lineWidth = 1.25;
    context.strokeStyle = mark.colour;
    context.stroke();
    context.setLineDash([]);
  }

  private chunk(level: number, column: number, row: number): Chunk | null {
    const key = `${level} ${column} ${row}`;
    const known = this.chunks.get(key);
    if (known !== undefined) return known;
    const mask = this.pyramid.level(level);
    const x = Math.max(column * CHUNK, mask.x - 1);
    const y = Math.max(row * CHUNK, mask.y - 1);
    const width = Math.min((column + 1) * CHUNK, mask.x + mask.width + 1) - x;
    const height = Math.min((row + 1) * CHUNK, mask.y + mask.height + 1) - y;
    let made: Chunk | null = null;
    if (width > 0 && height > 0) {
      made = { area: canvasOf(width, height), rim: canvasOf(width, height), x, y };
      this.paint(made, level, { x1: x, y1: y, x2: x + width, y2: y + height });
    }
    this.chunks.set(key, made);
    return made;
  }

  /** Paint a window (in pixels of the level) of a chunk. */
  private paint(chunk: Chunk, level: number, part: Bounds): void {
    const mask = this.pyramid.level(level);
    const x1 = Math.max(part.x1, chunk.x);
    const y1 = Math.max(part.y1, chunk.y);
    const width = Math.min(part.x2, chunk.x + chunk.area.width) - x1;
    const height = Math.min(part.y2, chunk.y + chunk.area.height) - y1;
    const area = chunk.area.getContext("2d");
    const rim = chunk.rim.getContext("2d");
    if (width <= 0 || height <= 0 || area === null || rim === null) return;
    const areaPixels = new ImageData(width, height);
    const rimPixels = new ImageData(width, height);
    const areas = new Uint32Array(areaPixels.data.buffer);
    const rims = new Uint32Array(rimPixels.data.buffer);
    const [red, green, blue] = rgbOf(this.colour);
    const own = (0xff << 24) | (blue << 16) | (green << 8) | red;
    const halo = luminance(this.colour) > 0.12 ? 0x90000000 : 0xc0ffffff;
    const { bits } = mask;
    for (let row = 0; row < height; row += 1) {
      const at = (y1 + row - mask.y) * mask.width;
      const here = y1 + row >= mask.y && y1 + row < mask.y + mask.height;
      const above = y1 + row > mask.y && y1 + row <= mask.y + mask.height;
      const below = y1 + row + 1 >= mask.y && y1 + row + 1 < mask.y + mask.height;
      for (let column = 0; column < width; column += 1) {
        const x = x1 + column - mask.x;
        const within = x >= 0 && x < mask.width;
        const covered = here && within && bits[at + x] === 1;
        const up = above && within && bits[at + x - mask.width] === 1;
        const down = below && within && bits[at + x + mask.width] === 1;
        const left = here && x > 0 && x <= mask.width && bits[at + x - 1] === 1;
        const right = here && x >= -1 && x < mask.width - 1 && bits[at + x + 1] === 1;
        if (covered) {
          areas[row * width + column] = own;
          if (!(up && down && left && right)) rims[row * width + column] = own;
        } else if (up || down || left || right) rims[row * width + column] = halo;
      }
    }
    area.putImageData(areaPixels, x1 - chunk.x, y1 - chunk.y);
    rim.putImageData(rimPixels, x1 - chunk.x, y1 - chunk.y);
  }

  /** The rim as lines between covered and uncovered pixels, those in sight only. */
  private drawLines({ context, view }: Pen, mark: Mark, part: Bounds): void {
    const { x, y, width, height, bits } = this.pyramid.own;
    const x1 = Math.max(Math.floor(part.x1), x);
    const y1 = Math.max(Math.floor(part.y1), y);
    const x2 = Math.min(Math.ceil(part.x2), x + width);
    const y2 = Math.min(Math.ceil(part.y2), y + height);
    const on = (column: number, row: number): boolean =>
      column >= x && row >= y && column < x + width && row < y + height && bits[(row - y) * width + column - x] === 1;
    const line = (ax: number, ay: number, bx: number, by: number): void => {
      context.moveTo(ax * view.scale + view.x, ay * view.scale + view.y);
      context.lineTo(bx * view.scale + view.x, by * view.scale + view.y);
    };
    context.beginPath();
    for (let row = y1; row <= y2; row += 1) {
      for (let column = x1; column < x2; column += 1) {
        if (on(column, row) === on(column, row - 1)) continue;
        const from = column;
        while (column + 1 < x2 && on(column + 1, row) !== on(column + 1, row - 1)) column += 1;
        line(from, row, column + 1, row);
      }
    }
    for (let column = x1; column <= x2; column += 1) {
      for (let row = y1; row < y2; row += 1) {
        if (on(column, row) === on(column - 1, row)) continue;
        const from = row;
        while (row + 1 < y2 && on(column, row + 1) !== on(column - 1, row + 1)) row += 1;
        line(column, from, column, row + 1);
      }
    }
    const thick = mark.selected ? 2.5 : 1.75;
    context.lineCap = "square";
    context.lineWidth = thick + 2;
    context.strokeStyle = haloOf(mark.colour);
    context.stroke();
    context.setLineDash(mark.suggested ? [6, 4] : []);
    context.lineWidth = thick;
    context.strokeStyle = mark.colour;
    context.stroke();
    context.setLineDash([]);
    context.lineCap = "butt";
  }
}

/** The pictures of masks, each kept as long as its mask. */
export class MaskPictures {
  private readonly masks = new WeakMap<Mask, MaskPicture>();
  private readonly sheets = new WeakMap<MaskSheet, MaskPicture>();

  drawMask(pen: Pen, mask: Mask, mark: Mark, ratio: number): void {
    let picture = this.masks.get(mask);
    if (picture === undefined) {
      picture = new MaskPicture(mask);
      this.masks.set(mask, picture);
    }
    picture.draw(pen, mark, ratio);
  }

  drawSheet(pen: Pen, sheet: MaskSheet, mark: Mark, ratio: number): void {
    const live = sheet.live();
    let picture = this.sheets.get(sheet);
    if (picture === undefined) {
      picture = new MaskPicture(live);
      this.sheets.set(sheet, picture);
    }
    picture.renew(live, sheet.takeDirty());
    picture.draw(pen, mark, ratio);
  }
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

const grown = (part: Bounds, by: number): Bounds => ({
  x1: part.x1 - by,
  y1: part.y1 - by,
  x2: part.x2 + by,
  y2: part.y2 + by,
});

const scaled = (part: Bounds, level: number): Bounds => ({
  x1: Math.floor(part.x1 / 2 ** level),
  y1: Math.floor(part.y1 / 2 ** level),
  x2: Math.ceil(part.x2 / 2 ** level),
  y2: Math.ceil(part.y2 / 2 ** level),
});
