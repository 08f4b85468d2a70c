import { describe, expect, it } from "vitest";

import type { Curves } from "@/api";

import { grown, smoothed } from "./live";

const EMPTY: Curves = { steps: [], scored: [], seconds_per_iteration: null };
const step = (iteration: number, at: number, loss: number) => ({ event: "step", iteration, step: at, steps: 4, losses: { cross_entropy: loss, prior: 0.5 }, learning_rate: 0.001 });

describe("live curves", () => {
  it("grow with steps, in iterations", () => {
    const curves = grown(grown(EMPTY, step(1, 2, 1.5)), step(2, 1, 1));
    expect(curves.steps.map((each) => each.at)).toEqual([0.5, 1.25]);
    expect(curves.steps.map((each) => each.loss)).toEqual([2, 1.5]);
  });

  it("take nothing twice", () => {
    const once = grown(EMPTY, step(1, 2, 1));
    expect(grown(once, step(1, 2, 1))).toBe(once);
    const scored = { event: "scored", iteration: 1, epoch: 1, metrics: { accuracy: 0.5 }, training_loss: 1, validation_loss: 2, best: true };
    const judged = grown(once, scored);
    expect(judged.scored[0]).toMatchObject({ iteration: 1, validation_loss: 2, best: true });
    expect(grown(judged, scored)).toBe(judged);
  });

  it("leave other events alone", () => {
    expect(grown(EMPTY, { event: "kept", iteration: 3 })).toBe(EMPTY);
  });

  it("are smoothed without moving what is constant", () => {
    expect(smoothed([2, 2, null, 2], 5)).toEqual([2, 2, 2, 2]);
    expect(smoothed([0, 10], 10)[1]).toBeCloseTo(1);
    expect(smoothed([1, 3], 1)).toEqual([1, 3]);
  });
});
