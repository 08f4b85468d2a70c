/** How images are shared out between the splits, in per cent: pure. */
export interface Shares {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export const USUAL: Shares = { train: 70, validation: 15, test: 15 };

/** The two borders on a bar of 100 %: where validation begins, and where test begins. */
export type Border = "validation" | "test";

export const bordersOf = ({ train, validation }: Shares): Record<Border, number> => ({ validation: train, test: train + validation });

/** The shares with a border moved to a whole per cent; it does not pass the other one, and training keeps something. */
export function withBorder(shares: Shares, which: Border, to: number): Shares {
  const now = bordersOf(shares);
  const place = Math.round(to);
  const first = which === "validation" ? Math.max(1, Math.min(place, now.test)) : now.validation;
  const second = which === "test" ? Math.max(now.validation, Math.min(place, 100)) : now.test;
  return { train: first, validation: second - first, test: 100 - second };
}

export const SPLITS = ["train", "validation", "test", "none"] as const;
export type Column = (typeof SPLITS)[number];

export interface Row {
  /** The class; null for images without a label. */
  readonly label: string | null;
  readonly colour: string;
  readonly counts: Readonly<Record<Column, number>>;
  readonly total: number;
}

const counted = (given: Readonly<Record<string, number>> | undefined): Record<Column, number> => ({
  train: given?.train ?? 0,
  validation: given?.validation ?? 0,
  test: given?.test ?? 0,
  none: given?.none ?? 0,
});

const sum = (counts: Readonly<Record<Column, number>>): number => SPLITS.reduce((all, each) => all + counts[each], 0);

/** One row for each class, in the order of the classes, and one for what is unlabelled, if there is any. */
export function rowsOf(
  classes: readonly { name: string; colour: string }[],
  counts: { classes: Readonly<Record<string, Readonly<Record<string, number>>>>; unlabelled_splits: Readonly<Record<string, number>> },
): Row[] {
  const rows: Row[] = classes.map(({ name, colour }) => {
    const own = counted(counts.classes[name]);
    return { label: name, colour, counts: own, total: sum(own) };
  });
  const without = counted(counts.unlabelled_splits);
  if (sum(without) > 0) rows.push({ label: null, colour: "transparent", counts: without, total: sum(without) });
  return rows;
}
