/** Coarser versions of a mask: a pixel of a level is covered when any pixel below it is, so that thin marks stay seen. */

import type { Bounds } from "@/document/geometry";
import type { Mask } from "@/document/mask";

/** One level: a window of pixels that are 2 ** level image pixels wide. */
export interface MaskLevel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly bits: Uint8Array;
}

export class MaskPyramid {
  private readonly levels: MaskLevel[];

  constructor(mask: Mask) {
    this.levels = [mask];
  }

  get own(): MaskLevel {
    return this.level(0);
  }

  level(number: number): MaskLevel {
    const known = this.levels[number];
    if (known !== undefined) return known;
    const fine = this.level(number - 1);
    const x = Math.floor(fine.x / 2);
    const y = Math.floor(fine.y / 2);
    const width = Math.max(Math.ceil((fine.x + fine.width) / 2) - x, 0);
    const height = Math.max(Math.ceil((fine.y + fine.height) / 2) - y, 0);
    const coarse: MaskLevel = { x, y, width, height, bits: new Uint8Array(width * height) };
    join(fine, coarse, { x1: x, y1: y, x2: x + width, y2: y + height });
    this.levels[number] = coarse;
    return coarse;
  }

  /** Take over what has changed in the mask itself, in a window of image pixels. */
  renew(dirty: Bounds): void {
    let { x1, y1, x2, y2 } = dirty;
    for (let number = 1; number < this.levels.length; number += 1) {
      x1 = Math.floor(x1 / 2);
      y1 = Math.floor(y1 / 2);
      x2 = Math.ceil(x2 / 2);
      y2 = Math.ceil(y2 / 2);
      join(this.level(number - 1), this.level(number), { x1, y1, x2, y2 });
    }
  }
}

function join(fine: MaskLevel, coarse: MaskLevel, part: Bounds): void {
  const { bits, width, height } = fine;
  for (let y = Math.max(part.y1, coarse.y); y < Math.min(part.y2, coarse.y + coarse.height); y += 1) {
    const top = 2 * y - fine.y;
    const upper = top >= 0 && top < height ? top * width : -1;
    const lower = top + 1 >= 0 && top + 1 < height ? (top + 1) * width : -1;
    for (let x = Math.max(part.x1, coarse.x); x < Math.min(part.x2, coarse.x + coarse.width); x += 1) {
      const left = 2 * x - fine.x;
      let any = 0;
      for (let column = Math.max(left, 0); column < Math.min(left + 2, width); column += 1) {
        if (upper >= 0) any |= bits[upper + column] ?? 0;
        if (lower >= 0) any |= bits[lower + column] ?? 0;
      }
      coarse.bits[(y - coarse.y) * coarse.width + x - coarse.x] = any;
    }
  }
}
