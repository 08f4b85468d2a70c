/** Regions given pixel by pixel: an unchangeable mask, and the sheet on which one is painted. */

import type { Bounds, Size } from "./geometry";
import type { Span } from "./raster";

/** How a mask goes over the wire: run lengths in rows, the first of them not covered. */
export interface MaskRuns {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly runs: readonly number[];
}

/** Covered pixels in a window set at (x, y) in the image; `bits` holds 0 or 1 in rows and is never written to. */
export class Mask {
  private counted: number | undefined;

  constructor(
    readonly x: number,
    readonly y: number,
    readonly width: number,
    readonly height: number,
    readonly bits: Uint8Array,
  ) {
    if (bits.length !== width * height) throw new RangeError("the pixels of a mask do not fill its window");
  }

  static readonly empty = new Mask(0, 0, 0, 0, new Uint8Array(0));

  static fromRuns(given: MaskRuns): Mask {
    const bits = new Uint8Array(given.width * given.height);
    let at = 0;
    let covered = false;
    for (const run of given.runs) {
      if (covered) bits.fill(1, at, at + run);
      at += run;
      covered = !covered;
    }
    if (at !== bits.length) throw new RangeError("the run lengths of a mask do not add up to its size");
    return new Mask(given.x, given.y, given.width, given.height, bits);
  }

  toRuns(): MaskRuns {
    const runs: number[] = [];
    let value = 0;
    let start = 0;
    const { bits } = this;
    while (start < bits.length) {
      const next = bits.indexOf(1 - value, start);
      const end = next < 0 ? bits.length : next;
      runs.push(end - start);
      start = end;
      value = 1 - value;
    }
    return { x: this.x, y: this.y, width: this.width, height: this.height, runs };
  }

  /** How many pixels are covered. */
  get area(): number {
    if (this.counted === undefined) {
      let sum = 0;
      for (const bit of this.bits) sum += bit;
      this.counted = sum;
    }
    return this.counted;
  }

  get isEmpty(): boolean {
    return !this.bits.includes(1);
  }

  get bounds(): Bounds {
    return { x1: this.x, y1: this.y, x2: this.x + this.width, y2: this.y + this.height };
  }

  /** Whether the pixel in this column and row of the image is covered. */
  has(column: number, row: number): boolean {
    const x = column - this.x;
    const y = row - this.y;
    return x >= 0 && y >= 0 && x < this.width && y < this.height && this.bits[y * this.width + x] === 1;
  }

  movedBy(dx: number, dy: number): Mask {
    return new Mask(this.x + dx, this.y + dy, this.width, this.height, this.bits);
  }

  /** The same pixels in the smallest window. */
  cropped(): Mask {
    const { bits, width, height } = this;
    const first = bits.indexOf(1);
    if (first < 0) return Mask.empty;
    const top = Math.floor(first / width);
    const bottom = Math.floor(bits.lastIndexOf(1) / width);
    let left = width;
    let right = -1;
    for (let row = top; row <= bottom; row += 1) {
      const line = bits.subarray(row * width, (row + 1) * width);
      const from = line.indexOf(1);
      if (from < 0) continue;
      left = Math.min(left, from);
      right = Math.max(right, line.lastIndexOf(1));
    }
    if (top === 0 && left === 0 && bottom === height - 1 && right === width - 1) return this;
    return this.window(left, top, right + 1, bottom + 1);
  }

  /** The part inside an image of this size. */
  clipped(size: Size): Mask {
    const left = Math.max(-this.x, 0);
    const top = Math.max(-this.y, 0);
    const right = Math.min(size.width - this.x, this.width);
    const bottom = Math.min(size.height - this.y, this.height);
    if (left >= right || top >= bottom) return Mask.empty;
    return this.window(left, top, right, bottom).cropped();
  }

  equals(other: Mask): boolean {
    const a = this.cropped();
    const b = other.cropped();
    return (
      a.x === b.x &&
      a.y === b.y &&
      a.width === b.width &&
      a.height === b.height &&
      a.bits.every((bit, index) => bit === b.bits[index])
    );
  }

  private window(left: number, top: number, right: number, bottom: number): Mask {
    if (left === 0 && top === 0 && right === this.width && bottom === this.height) return this;
    const width = right - left;
    const kept = new Uint8Array(width * (bottom - top));
    for (let row = top; row < bottom; row += 1) {
      kept.set(this.bits.subarray(row * this.width + left, row * this.width + right), (row - top) * width);
    }
    return new Mask(this.x + left, this.y + top, width, bottom - top, kept);
  }
}

const GROWTH = 256;

/** A sheet as large as the image to paint a mask on. It keeps only a window around what is covered. */
export class MaskSheet {
  private x = 0;
  private y = 0;
  private width = 0;
  private height = 0;
  private bits = new Uint8Array(0);
  private dirty: Bounds | null = null;

  constructor(
    readonly size: Size,
    start: Mask = Mask.empty,
  ) {
    const clipped = start.clipped(size);
    this.grow(clipped.x, clipped.y, clipped.x + clipped.width, clipped.y + clipped.height);
    for (let row = 0; row < clipped.height; row += 1) {
      const line = clipped.bits.subarray(row * clipped.width, (row + 1) * clipped.width);
      this.bits.set(line, (clipped.y + row - this.y) * this.width + clipped.x - this.x);
    }
  }

  /** Cover the pixels of a span. Spans of `raster` already lie inside the image. */
  readonly cover: Span = (row, from, to) => {
    this.grow(from, row, to, row + 1);
    this.write(row, from, to, 1);
  };

  /** Uncover the pixels of a span. */
  readonly uncover: Span = (row, from, to) => {
    if (row < this.y || row >= this.y + this.height) return;
    const low = Math.max(from, this.x);
    const high = Math.min(to, this.x + this.width);
    if (low < high) this.write(row, low, high, 0);
  };

  /** Cover or uncover all that another mask covers. */
  stamp(mask: Mask, span: Span): void {
    for (const [row, from, to] of spansOf(mask)) {
      if (row < 0 || row >= this.size.height) continue;
      const low = Math.max(from, 0);
      const high = Math.min(to, this.size.width);
      if (low < high) span(row, low, high);
    }
  }

  /** The window in image pixels that has changed since this was asked last. */
  takeDirty(): Bounds | null {
    const found = this.dirty;
    this.dirty = null;
    return found;
  }

  /** What is painted, in a window of its own that shares the sheet's memory: for looking at while painting. */
  live(): Mask {
    return new Mask(this.x, this.y, this.width, this.height, this.bits);
  }

  /** What is painted, as a mask of its own. */
  mask(): Mask {
    const cropped = this.live().cropped();
    return cropped.bits === this.bits
      ? new Mask(cropped.x, cropped.y, cropped.width, cropped.height, cropped.bits.slice())
      : cropped;
  }

  private write(row: number, from: number, to: number, value: number): void {
    const start = (row - this.y) * this.width - this.x;
    this.bits.fill(value, start + from, start + to);
    const d = this.dirty;
    this.dirty =
      d === null
        ? { x1: from, y1: row, x2: to, y2: row + 1 }
        : { x1: Math.min(d.x1, from), y1: Math.min(d.y1, row), x2: Math.max(d.x2, to), y2: Math.max(d.y2, row + 1) };
  }

  private grow(x1: number, y1: number, x2: number, y2: number): void {
    const right = this.x + this.width;
    const bottom = this.y + this.height;
    if (x1 >= x2 || y1 >= y2) return;
    if (this.width > 0 && x1 >= this.x && y1 >= this.y && x2 <= right && y2 <= bottom) return;
    const none = this.width === 0;
    const down = (value: number): number => Math.max(Math.floor(value / GROWTH) * GROWTH, 0);
    const up = (value: number, most: number): number => Math.min(Math.ceil(value / GROWTH) * GROWTH, most);
    // By half of what there is, so that a long stroke copies it a few times only.
    const [wider, taller] = [this.width / 2, this.height / 2];
    const left = none ? down(x1) : x1 < this.x ? down(x1 - wider) : this.x;
    const top = none ? down(y1) : y1 < this.y ? down(y1 - taller) : this.y;
    const width = (none ? up(x2, this.size.width) : x2 > right ? up(x2 + wider, this.size.width) : right) - left;
    const height = (none ? up(y2, this.size.height) : y2 > bottom ? up(y2 + taller, this.size.height) : bottom) - top;
    const bits = new Uint8Array(width * height);
    for (let row = 0; row < this.height; row += 1) {
      const line = this.bits.subarray(row * this.width, (row + 1) * this.width);
      bits.set(line, (this.y + row - top) * width + this.x - left);
    }
    this.x = left;
    this.y = top;
    this.width = width;
    this.height = height;
    this.bits = bits;
  }
}

/** The covered pixels as spans in image coordinates. */
export function* spansOf(mask: Mask): Generator<[row: number, from: number, to: number]> {
  const { bits, width, height } = mask;
  for (let row = 0; row < height; row += 1) {
    const end = (row + 1) * width;
    let start = row * width;
    while (start < end) {
      const from = bits.indexOf(1, start);
      if (from < 0 || from >= end) break;
      const next = bits.indexOf(0, from);
      const to = next < 0 || next > end ? end : next;
      yield [mask.y + row, mask.x + from - row * width, mask.x + to - row * width];
      start = to;
    }
  }
}
