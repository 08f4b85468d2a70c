/** Steps of a correction as a person edits them: pure. */
import type { Step } from "@/api";

export const KINDS = ["resize", "crop", "pad", "rotate", "gray"] as const;
export type Kind = (typeof KINDS)[number];

export const TITLES: Record<Kind, string> = { resize: "Resize", crop: "Crop", pad: "Pad", rotate: "Rotate", gray: "Make gray" };

/** A step of this kind as it begins: to the most frequent size, where it needs one. */
export function begun(kind: Kind, size: { width: number; height: number } | undefined): Step {
  const usual = { kind, x: 0, y: 0, width: null, height: null, keep_aspect: true, fill: null, angle: 0 } as const;
  if (kind === "gray") return { ...usual };
  if (kind === "rotate") return { ...usual, angle: 90 };
  return { ...usual, width: size?.width ?? 512, height: size?.height ?? 512 };
}

/** A step in words: "Resize to 640 × 480". */
export function words({ kind, x, y, width, height, keep_aspect, angle }: Step): string {
  const size = `${String(width)} × ${String(height)}`;
  switch (kind) {
    case "resize":
      return `${keep_aspect ? "Fit into" : "Stretch to"} ${size}`;
    case "crop":
      return `Cut out ${size} from ${String(x)}, ${String(y)}`;
    case "pad":
      return `Pad to ${size}`;
    case "rotate":
      return `Turn by ${String(angle)}° clockwise`;
    case "gray":
      return "Make gray";
  }
}

/** What is wrong with a step, or null: the server has the last word. */
export function flaw({ kind, width, height }: Step): string | null {
  if (kind === "gray" || kind === "rotate") return null;
  return [width, height].every((each) => typeof each === "number" && Number.isInteger(each) && each >= 1) ? null : "A width and a height are needed.";
}
