/** An image of the server as the canvas shows it. */

import type { Image } from "@/api";
import type { GrayWindow } from "@/canvas/grays";
import type { Picture } from "@/canvas/tiles";

/** Up to so many pixels the server sends the whole image without loss. */
const LOSSLESS = 1_500_000;

export function pictureOf(image: Image, grays: GrayWindow | null): Picture | null {
  if (image.levels.length === 0) return null;
  const window = grays === null ? "" : `&low=${String(grays.low)}&high=${String(grays.high)}`;
  return {
    key: `${String(image.id)}-${image.version}`,
    width: image.width,
    height: image.height,
    tileSize: image.tile_size,
    levels: image.levels,
    address: (level, column, row) =>
      image.tiles.replace("{level}", String(level)).replace("{x}", String(column)).replace("{y}", String(row)) + window,
    whole: image.width * image.height <= LOSSLESS ? image.picture + window : null,
  };
}

/** Ask for what the next image shows first, so that it stands at once. */
export function prefetch(image: Image): void {
  const picture = pictureOf(image, null);
  if (picture === null) return;
  const coarsest = picture.levels.length - 1;
  for (const url of [picture.whole ?? picture.address(coarsest, 0, 0)]) new window.Image().src = url;
}
