/** What the label view knows, in one place; the canvas and the panels read the same. */

import { PLAIN_LOOK, type Look } from "@/canvas/scene";
import type { Annotation, ImageDocument } from "@/document/annotations";
import type { Image } from "@/api";
import type { Options, ToolId } from "@/tools/gesture";

export interface Suggested {
  /** The run that says so. */
  readonly run: number;
  readonly annotations: readonly Annotation[];
  readonly label: string | null;
  readonly score: number | null;
  readonly heatmap: string | null;
}

export interface State {
  readonly image: Image | null;
  readonly document: ImageDocument | null;
  /** The project's classes, and what its method learns from, are here. */
  readonly known: boolean;
  readonly tool: ToolId;
  readonly options: Options;
  readonly look: Look;
  readonly hovered: string | null;
  readonly suggested: Suggested | null;
  readonly chosen: string | null;
  /** How many gestures are not on the server yet, and why, when it does not answer. */
  readonly waiting: number;
  readonly trouble: string | null;
  readonly scale: number;
}

export const START: State = {
  image: null,
  document: null,
  known: false,
  tool: "select",
  options: {
    label: "",
    snap: true,
    pixels: true,
    brush: 16,
    round: true,
    fill: false,
    onePerClass: false,
    apart: false,
    roiOutline: false,
    goodLabels: [],
  },
  look: PLAIN_LOOK,
  hovered: null,
  suggested: null,
  chosen: null,
  waiting: 0,
  trouble: null,
  scale: 1,
};

/** A value that is watched. */
export class Store<T extends object> {
  private readonly watchers = new Set<() => void>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  readonly watch = (call: () => void): (() => void) => {
    this.watchers.add(call);
    return () => void this.watchers.delete(call);
  };

  set(part: Partial<T>): void {
    if (Object.entries(part).every(([key, value]) => Object.is(this.value[key as keyof T], value))) return;
    this.value = { ...this.value, ...part };
    for (const call of [...this.watchers]) call();
  }
}
