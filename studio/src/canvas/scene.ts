/** All that is drawn over an image: what is known of it, and what a tool shows while a gesture goes on. */

import type { Annotation, ImageDocument } from "@/document/annotations";
import type { LabelClass } from "@/document/classes";
import type { Bounds, Place } from "@/document/geometry";
import type { MaskSheet } from "@/document/mask";
import type { Region } from "@/document/regions";
import type { Guide } from "@/document/snapping";

export interface Brush {
  readonly place: Place;
  readonly diameter: number;
  readonly round: boolean;
  readonly erases: boolean;
}

/** What a gesture shows before it is done. Nothing of it is known to the document yet. */
export interface Sketch {
  /** Regions as they would be, by annotation; null hides one. */
  readonly regions?: ReadonlyMap<string, Region | null>;
  /** A new region. */
  readonly drawn?: Region;
  /** An outline that is not closed yet; `closes` when a click now would close it. */
  readonly line?: readonly Place[];
  readonly closes?: boolean;
  /** A mask that is being painted, in place of an annotation's or as a new one. */
  readonly sheet?: MaskSheet;
  /** Further masks that the stroke changes. */
  readonly sheets?: ReadonlyMap<string, MaskSheet>;
  readonly label?: string;
  readonly frame?: Bounds;
  readonly guides?: readonly Guide[];
  readonly brush?: Brush;
  /** Lines through the whole image, to see where a click would be. */
  readonly cross?: Place;
  /** What is selected as it would be. */
  readonly selection?: readonly string[];
  /** What is measured, beside the pointer: "120 x 64 px". */
  readonly note?: string;
}

export interface Look {
  readonly classes: readonly LabelClass[];
  /** 0 to 1 */
  readonly opacity: number;
  readonly hidden: boolean;
  /** Classes that are not shown. */
  readonly hiddenLabels: ReadonlySet<string>;
  readonly tags: boolean;
  readonly grid: boolean;
  /** Side of the square that shows what a network looks at, image pixels; 0 for none. */
  readonly featureSize: number;
  readonly heatmap: number;
}

export interface Scene {
  readonly document: ImageDocument | null;
  readonly suggestions: readonly Annotation[];
  /** The suggestion that is being judged. */
  readonly chosen: string | null;
  readonly hovered: string | null;
  readonly handles: boolean;
  readonly sketch: Sketch;
  readonly look: Look;
  /** Where the pointer (or the keyboard's cross) is, in the image. */
  readonly pointer: Place | null;
  /** The pointer is moved with the keyboard: draw it. */
  readonly keyboard: boolean;
}

export const PLAIN_LOOK: Look = {
  classes: [],
  opacity: 1,
  hidden: false,
  hiddenLabels: new Set(),
  tags: true,
  grid: true,
  featureSize: 0,
  heatmap: 0.6,
};

export const EMPTY_SCENE: Scene = {
  document: null,
  suggestions: [],
  chosen: null,
  hovered: null,
  handles: true,
  sketch: {},
  look: PLAIN_LOOK,
  pointer: null,
  keyboard: false,
};

/** Whether an annotation is on the screen. */
export const isShown = (item: Annotation, look: Look): boolean =>
  !look.hidden && !look.hiddenLabels.has(item.label);
