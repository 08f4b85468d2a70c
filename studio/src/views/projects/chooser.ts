/**
 * Which method fits: three plain questions. No method is named here; a method is found by what it learns from, so a new
 * one (also a plug-in's) takes its place among the answers by itself.
 */
import type { MethodFacts } from "@/api";

export type Wish = "good" | "kind" | "kinds" | "where" | "area" | "text";
export type Samples = "few" | "many";

interface Answer<T> {
  id: T;
  title: string;
  words: string;
}

/** What each wish can be learnt from. */
const LEARNS: Record<Wish, readonly string[]> = {
  good: ["anomaly", "class"],
  kind: ["class"],
  kinds: ["multi_label"],
  where: ["box", "rotated_box", "point", "polygon"],
  area: ["mask", "polygon"],
  text: ["text"],
};

const WISHES: readonly Answer<Wish>[] = [
  { id: "good", title: "Is the part good?", words: "Good or bad, how bad, and where the defect is." },
  { id: "kind", title: "Which kind is it?", words: "One of several kinds: types of part, types of defect, grades." },
  { id: "kinds", title: "Which kinds are in the image?", words: "Several kinds may be in one image at once." },
  { id: "where", title: "Where are the objects?", words: "Find each object, tell its kind, count them." },
  { id: "area", title: "Which area belongs to what?", words: "Pixel by pixel: cracks, coatings, edges, areas to measure." },
  { id: "text", title: "What is written there?", words: "Read printed or engraved characters." },
];

export const SAMPLES: readonly Answer<Samples>[] = [
  { id: "few", title: "Few bad images, or none", words: "The model learns what good looks like; anything else stands out." },
  { id: "many", title: "Many of each kind of defect", words: "The model learns the defects themselves, and tells them apart." },
];

/** The first question's answers that some method here can give. */
export const wishes = (methods: readonly MethodFacts[]): readonly Answer<Wish>[] =>
  WISHES.filter((wish) => methods.some((method) => LEARNS[wish.id].includes(method.learns_from)));

/** Whether the second question decides anything for this wish. */
export const asksForSamples = (wish: Wish | null): boolean => wish === "good";

/** The methods that are left after the answers so far, in the catalogue's order. */
export function fitting(methods: readonly MethodFacts[], wish: Wish | null, samples: Samples | null): readonly MethodFacts[] {
  if (wish === null || (asksForSamples(wish) && samples === null)) return [];
  const from = asksForSamples(wish) ? (samples === "few" ? ["anomaly"] : ["class"]) : LEARNS[wish];
  const found = methods.filter((method) => from.includes(method.learns_from));
  return found.length > 0 ? found : methods.filter((method) => LEARNS[wish].includes(method.learns_from));
}

/** What has to be drawn or said for each image before a method can learn. */
export function effort(method: MethodFacts): string {
  const words: Record<string, string> = {
    anomaly: "You mark images as good; a few bad ones help to set the limit.",
    class: "You give each image one class.",
    multi_label: "You give each image all its classes.",
    box: "You draw a box around each object.",
    rotated_box: "You draw a turned box around each object.",
    polygon: "You draw the outline of each object.",
    mask: "You paint the areas.",
    point: "You set a point on each object.",
    text: "You draw a box around each word and type it.",
  };
  return words[method.learns_from] ?? "You label each image.";
}
