/** The gallery's question, and the address that says it: a filter can be bookmarked, shared and gone back to. */
import type { Order, Sort, Where } from "@/api";

export const STATES = [
  { value: "", label: "All images" },
  { value: "unlabelled", label: "Unlabelled" },
  { value: "labelled", label: "Labelled" },
  { value: "wrong", label: "Predicted wrong" },
  { value: "right", label: "Predicted right" },
  { value: "unsure", label: "Not confident" },
  { value: "sure", label: "Confident" },
  { value: "unpredicted", label: "Without prediction" },
  { value: "open", label: "To review" },
  { value: "accepted", label: "Review: accepted" },
  { value: "rejected", label: "Review: rejected" },
] as const;

export type State = (typeof STATES)[number]["value"];

const CONDITIONS: Record<Exclude<State, "">, Where> = {
  unlabelled: { labelled: false },
  labelled: { labelled: true },
  wrong: { wrong: true },
  right: { wrong: false },
  unsure: { confident: false },
  sure: { confident: true },
  unpredicted: { predicted: false },
  open: { review: "open" },
  accepted: { review: "accepted" },
  rejected: { review: "rejected" },
};

export const SORTS: readonly { value: Sort; label: string }[] = [
  { value: "added", label: "Order of arrival" },
  { value: "name", label: "Name" },
  { value: "score", label: "Score" },
  { value: "badness", label: "Worst predictions" },
  { value: "size", label: "Image size" },
];

const SPLITS = ["train", "validation", "test", "none"] as const;

/** What the address asks for. What it says wrongly is as if it said nothing. */
export function whereOf(address: URLSearchParams): Where {
  const where: Where = {};
  const state = address.get("state");
  if (state !== null && Object.hasOwn(CONDITIONS, state)) Object.assign(where, CONDITIONS[state as Exclude<State, "">]);
  const label = address.get("label");
  if (label) where.label = label;
  const predicted = address.get("predicted");
  if (predicted) where.predicted_label = predicted;
  const split = SPLITS.find((each) => each === address.get("split"));
  if (split) where.split = split;
  const text = address.get("text");
  if (text) where.text = text;
  for (const side of ["width", "height"] as const) {
    const pixels = Number(address.get(side));
    if (Number.isInteger(pixels) && pixels > 0) where[side] = pixels;
  }
  const run = Number(address.get("run"));
  if (Number.isInteger(run) && run > 0) where.run = run;
  return where;
}

export function orderOf(address: URLSearchParams): { sort: Sort; order: Order } {
  const sort = SORTS.find((each) => each.value === address.get("sort"))?.value ?? "added";
  // The worst come first, unless one asks for the best.
  const usual: Order = sort === "badness" || sort === "score" ? "down" : "up";
  const order = address.get("order");
  return { sort, order: order === "up" || order === "down" ? order : usual };
}

/** The address with some answers changed; an empty one goes. */
export function changed(address: URLSearchParams, changes: Record<string, string | null>): URLSearchParams {
  const next = new URLSearchParams(address);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  return next;
}

const NARROWING = ["state", "label", "predicted", "split", "text", "width", "height", "run", "finding"];

export const narrowed = (address: URLSearchParams): boolean => NARROWING.some((each) => address.has(each));

export const widened = (address: URLSearchParams): URLSearchParams =>
  changed(address, Object.fromEntries(NARROWING.map((each) => [each, null])));
