/** Curves that grow with the events of a training, without asking for all of them again. */
import type { Curves, TrainingEvent } from "@/api";

const MOST = 4000;

const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** The curves with what the event adds; the same object where it adds nothing. */
export function grown(curves: Curves, event: TrainingEvent): Curves {
  if (event.event === "step") {
    const iteration = number(event.iteration) ?? 0;
    const losses = (event.losses ?? {}) as Record<string, number | null>;
    const at = Math.max(iteration - 1, 0) + (number(event.step) ?? 0) / Math.max(number(event.steps) ?? 1, 1);
    // An event that was in the answer already.
    if ((curves.steps.at(-1)?.at ?? -1) >= at) return curves;
    const parts = Object.values(losses).filter((each): each is number => number(each) !== null);
    const point = { at, losses, learning_rate: number(event.learning_rate), loss: parts.length > 0 ? parts.reduce((a, b) => a + b, 0) : null };
    const steps = curves.steps.length >= MOST ? curves.steps.filter((_, index) => index % 2 === 0) : curves.steps;
    return { ...curves, steps: [...steps, point] };
  }
  if (event.event === "scored") {
    const iteration = number(event.iteration) ?? 0;
    if (curves.scored.some((each) => each.iteration === iteration)) return curves;
    return {
      ...curves,
      scored: [
        ...curves.scored,
        {
          iteration,
          epoch: number(event.epoch) ?? 0,
          seconds: null,
          metrics: (event.metrics ?? {}) as Record<string, number | null>,
          training_loss: number(event.training_loss),
          validation_loss: number(event.validation_loss),
          best: event.best === true,
        },
      ],
    };
  }
  return curves;
}

/** A running mean: the trend under steps that jump. */
export function smoothed(values: readonly (number | null)[], window: number): (number | null)[] {
  if (window <= 1) return [...values];
  let mean: number | null = null;
  const weight = 1 / window;
  return values.map((value) => {
    if (value === null) return mean;
    mean = mean === null ? value : mean + weight * (value - mean);
    return mean;
  });
}
