/** Which images are chosen, and where the cursor is: pure, over the ids in the order in which they are shown. */

export interface Chosen {
  /** The image that keys are about, or null. */
  readonly cursor: number | null;
  /** Where a range began. */
  readonly anchor: number | null;
  readonly ids: ReadonlySet<number>;
  /** All that match were chosen: also those that nobody has scrolled to. */
  readonly all: boolean;
}

export const NOTHING: Chosen = { cursor: null, anchor: null, ids: new Set(), all: false };

export interface Keys {
  shift?: boolean;
  control?: boolean;
}

/** A click on an image: alone it chooses that one; with Control it adds or takes away; with Shift it makes a range. */
export function click(was: Chosen, order: readonly number[], id: number, keys: Keys = {}): Chosen {
  if (keys.shift) return { ...was, cursor: id, ids: range(order, was.anchor ?? id, id), all: false };
  if (keys.control) return toggle({ ...was, cursor: id }, id);
  return { cursor: id, anchor: id, ids: new Set([id]), all: false };
}

export function toggle(was: Chosen, id: number): Chosen {
  const ids = new Set(was.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ...was, ids, anchor: id, all: false };
}

/** Move the cursor by so many images; with Shift the range grows with it. */
export function move(was: Chosen, order: readonly number[], by: number, keys: Keys = {}): Chosen {
  if (order.length === 0) return was;
  const now = was.cursor === null ? -1 : order.indexOf(was.cursor);
  const to = now < 0 ? 0 : Math.max(0, Math.min(order.length - 1, now + by));
  const cursor = order[to] ?? null;
  if (cursor === null) return was;
  if (keys.shift) return { ...was, cursor, ids: range(order, was.anchor ?? cursor, cursor), all: false };
  return { cursor, anchor: cursor, ids: new Set([cursor]), all: false };
}

export const everything = (was: Chosen, order: readonly number[]): Chosen => ({ ...was, ids: new Set(order), all: true });

function range(order: readonly number[], from: number, to: number): ReadonlySet<number> {
  const ends = [order.indexOf(from), order.indexOf(to)].map((at) => (at < 0 ? order.indexOf(to) : at)).sort((a, b) => a - b);
  return new Set(order.slice(ends[0] ?? 0, (ends[1] ?? 0) + 1));
}
