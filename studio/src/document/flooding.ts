/** What hangs together in a mask: holes, enclosed areas, separate pieces. Neighbours share a side, not only a corner. */

import { Mask } from "./mask";

/**
 * The uncovered pixels that hang together with the one at (column, row) and are enclosed by the mask.
 * Null when that pixel is covered, or when the area is open to the outside.
 */
export function enclosed(mask: Mask, column: number, row: number): Mask | null {
  const x = column - mask.x;
  const y = row - mask.y;
  if (x < 0 || y < 0 || x >= mask.width || y >= mask.height || mask.has(column, row)) return null;
  const reached = flood(mask.bits, mask.width, mask.height, [y * mask.width + x], 0);
  if (touchesRim(reached, mask.width, mask.height)) return null;
  return new Mask(mask.x, mask.y, mask.width, mask.height, reached).cropped();
}

/** All enclosed areas of a mask, without the mask itself. */
export function holes(mask: Mask): Mask {
  const { bits, width, height } = mask;
  const seeds: number[] = [];
  for (let x = 0; x < width; x += 1) seeds.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y += 1) seeds.push(y * width, y * width + width - 1);
  const outside = flood(bits, width, height, seeds, 0);
  const found = new Uint8Array(bits.length);
  for (let index = 0; index < found.length; index += 1) {
    found[index] = bits[index] === 0 && outside[index] === 0 ? 1 : 0;
  }
  return new Mask(mask.x, mask.y, width, height, found).cropped();
}

/** The separate pieces of a mask, from the top. */
export function pieces(mask: Mask): Mask[] {
  const { width, height } = mask;
  const left = mask.bits.slice();
  const found: Mask[] = [];
  for (let seed = left.indexOf(1); seed >= 0; seed = left.indexOf(1, seed)) {
    const piece = flood(left, width, height, [seed], 1);
    for (let index = seed; index < piece.length; index += 1) if (piece[index] === 1) left[index] = 0;
    found.push(new Mask(mask.x, mask.y, width, height, piece).cropped());
  }
  return found;
}

function flood(bits: Uint8Array, width: number, height: number, seeds: readonly number[], value: number): Uint8Array {
  const reached = new Uint8Array(bits.length);
  const open = seeds.filter((seed) => bits[seed] === value);
  for (let seed = open.pop(); seed !== undefined; seed = open.pop()) {
    if (reached[seed] === 1) continue;
    const row = Math.floor(seed / width);
    let from = seed;
    let to = seed + 1;
    while (from > row * width && bits[from - 1] === value && reached[from - 1] === 0) from -= 1;
    while (to < (row + 1) * width && bits[to] === value && reached[to] === 0) to += 1;
    reached.fill(1, from, to);
    for (const step of [-width, width]) {
      if (step < 0 ? row === 0 : row === height - 1) continue;
      let before = false;
      for (let index = from + step; index < to + step; index += 1) {
        const free = bits[index] === value && reached[index] === 0;
        if (free && !before) open.push(index);
        before = free;
      }
    }
  }
  return reached;
}

function touchesRim(reached: Uint8Array, width: number, height: number): boolean {
  for (let x = 0; x < width; x += 1) {
    if (reached[x] === 1 || reached[(height - 1) * width + x] === 1) return true;
  }
  for (let y = 0; y < height; y += 1) {
    if (reached[y * width] === 1 || reached[y * width + width - 1] === 1) return true;
  }
  return false;
}
