/** Which part of the image is seen, and how large. Screen places are CSS pixels from the stage's top-left corner. */

import { type Bounds, clamp, type Place, type Size } from "@/document/geometry";

/** `scale` screen pixels show one pixel of the image, whose corner (0, 0) is seen at (`x`, `y`). */
export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
  readonly screen: Size;
  readonly image: Size;
}

export const SMALLEST = 0.01;
export const LARGEST = 64;
/** Room around an image that is fitted, screen pixels. */
const MARGIN = 24;

export const toImage = (view: Viewport, [x, y]: Place): Place => [(x - view.x) / view.scale, (y - view.y) / view.scale];

export const toScreen = (view: Viewport, [x, y]: Place): Place => [x * view.scale + view.x, y * view.scale + view.y];

/** The image (or a part of it) as large as the stage allows, in its middle. */
export function fitted(screen: Size, image: Size, part?: Bounds): Viewport {
  const { x1, y1, x2, y2 } = part ?? { x1: 0, y1: 0, x2: image.width, y2: image.height };
  const margin = Math.min(MARGIN, screen.width / 10, screen.height / 10);
  const most = part === undefined ? 16 : LARGEST / 2;
  const scale = clamp(
    Math.min((screen.width - 2 * margin) / Math.max(x2 - x1, 1), (screen.height - 2 * margin) / Math.max(y2 - y1, 1)),
    SMALLEST,
    most,
  );
  return {
    scale,
    x: screen.width / 2 - ((x1 + x2) / 2) * scale,
    y: screen.height / 2 - ((y1 + y2) / 2) * scale,
    screen,
    image,
  };
}

/** Zoomed so that what is seen at a place of the screen stays there. */
export function zoomed(view: Viewport, factor: number, at: Place): Viewport {
  const scale = clamp(view.scale * factor, SMALLEST, LARGEST);
  const kept = scale / view.scale;
  return held({ ...view, scale, x: at[0] - (at[0] - view.x) * kept, y: at[1] - (at[1] - view.y) * kept });
}

export const panned = (view: Viewport, [dx, dy]: Place): Viewport => held({ ...view, x: view.x + dx, y: view.y + dy });

export const middle = (view: Viewport): Place => [view.screen.width / 2, view.screen.height / 2];

/** The same middle of the image in a stage of another size. */
export function resized(view: Viewport, screen: Size): Viewport {
  return held({
    ...view,
    screen,
    x: view.x + (screen.width - view.screen.width) / 2,
    y: view.y + (screen.height - view.screen.height) / 2,
  });
}

/** Moved as little as needed to see a part of the image. */
export function revealed(view: Viewport, part: Bounds): Viewport {
  const [x1, y1] = toScreen(view, [part.x1, part.y1]);
  const [x2, y2] = toScreen(view, [part.x2, part.y2]);
  const { width, height } = view.screen;
  if (x2 - x1 > width - 2 * MARGIN || y2 - y1 > height - 2 * MARGIN) return fitted(view.screen, view.image, part);
  const push = (low: number, high: number, most: number): number =>
    low < MARGIN ? MARGIN - low : high > most - MARGIN ? most - MARGIN - high : 0;
  return panned(view, [push(x1, x2, width), push(y1, y2, height)]);
}

/** The part of the image that is seen. */
export function seen(view: Viewport): Bounds {
  const [x1, y1] = toImage(view, [0, 0]);
  const [x2, y2] = toImage(view, [view.screen.width, view.screen.height]);
  return {
    x1: clamp(x1, 0, view.image.width),
    y1: clamp(y1, 0, view.image.height),
    x2: clamp(x2, 0, view.image.width),
    y2: clamp(y2, 0, view.image.height),
  };
}

/** A corner of the image always stays in sight. */
function held(view: Viewport): Viewport {
  const keep = Math.min(80, view.screen.width / 4, view.screen.height / 4);
  return {
    ...view,
    x: clamp(view.x, keep - view.image.width * view.scale, view.screen.width - keep),
    y: clamp(view.y, keep - view.image.height * view.scale, view.screen.height - keep),
  };
}

/** The level of a pyramid (0 = the image's own pixels) whose pixels are at least as fine as the screen's. */
export function levelFor(scale: number, levels: number): number {
  return clamp(Math.floor(Math.log2(1 / scale) + 1e-6), 0, levels - 1);
}
