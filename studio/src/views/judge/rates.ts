/** What thresholds make of scores, in the browser: while T is dragged nothing has to be asked. */
import type { JudgedImage } from "@/api";

export interface Thresholds {
  /** A score above T is bad. */
  t: number;
  /** Between T1 and T2 the model says that it is not sure; null: there is no such band. */
  t1: number | null;
  t2: number | null;
}

export interface Rates {
  good: number;
  bad: number;
  /** Bad images that pass as good. */
  missed: number;
  /** Good images that are called bad. */
  rejected: number;
  /** Images whose score lies in the band. */
  unsure: number;
}

type Scored = Pick<JudgedImage, "score" | "good">;

export const calledBad = (image: Scored, { t }: Thresholds): boolean => image.score !== null && image.score > t;

export const wrongly = (image: Scored, at: Thresholds): boolean => image.good !== null && image.score !== null && calledBad(image, at) === image.good;

export const isUnsure = ({ score }: Scored, { t, t1, t2 }: Thresholds): boolean =>
  score !== null && (t1 !== null || t2 !== null) && score >= (t1 ?? t) && score <= (t2 ?? t);

export function ratesOf(images: readonly Scored[], at: Thresholds): Rates {
  const rates: Rates = { good: 0, bad: 0, missed: 0, rejected: 0, unsure: 0 };
  for (const image of images) {
    if (image.good === null || image.score === null) continue;
    rates[image.good ? "good" : "bad"] += 1;
    if (wrongly(image, at)) rates[image.good ? "rejected" : "missed"] += 1;
    if (isUnsure(image, at)) rates.unsure += 1;
  }
  return rates;
}

/** How many of each group lie in each of so many bins of equal width. */
export function binned(images: readonly Scored[], low: number, high: number, bins: number): { good: number[]; bad: number[] } {
  const groups = { good: Array<number>(bins).fill(0), bad: Array<number>(bins).fill(0) };
  for (const { score, good } of images) {
    if (score === null || good === null) continue;
    const at = Math.min(bins - 1, Math.max(0, Math.floor(((score - low) / (high - low || 1)) * bins)));
    const group = groups[good ? "good" : "bad"];
    group[at] = (group[at] ?? 0) + 1;
  }
  return groups;
}

/** Thresholds with one of them moved: T1 stays below T, and T2 above it. */
export function moved(at: Thresholds, which: keyof Thresholds, to: number): Thresholds {
  if (which === "t") return { t: to, t1: at.t1 === null ? null : Math.min(at.t1, to), t2: at.t2 === null ? null : Math.max(at.t2, to) };
  return which === "t1" ? { ...at, t1: Math.min(to, at.t) } : { ...at, t2: Math.max(to, at.t) };
}
