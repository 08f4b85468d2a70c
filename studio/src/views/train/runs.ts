import type { MethodFacts, Run } from "@/api";
import { figure, percent } from "@/components";

export const STATES: Record<Run["state"], { words: string; tone: "plain" | "good" | "bad" | "warn" | "accent" }> = {
  queued: { words: "waits", tone: "plain" },
  running: { words: "training", tone: "accent" },
  stopping: { words: "stopping", tone: "accent" },
  finished: { words: "finished", tone: "good" },
  stopped: { words: "stopped, best kept", tone: "good" },
  failed: { words: "failed", tone: "bad" },
  interrupted: { words: "interrupted", tone: "warn" },
  imported: { words: "imported", tone: "plain" },
};

export const live = (run: Run): boolean => ["queued", "running", "stopping"].includes(run.state);

/** The figure by which a method keeps its best model, as people read it. */
export function metricOf(method: MethodFacts | undefined, run: Run): { title: string; value: string } | null {
  const first = method?.metrics.find((each) => run.metrics[each.name] !== undefined && run.metrics[each.name] !== null);
  const [name] = first ? [first.name] : Object.keys(run.metrics);
  const value = name === undefined ? null : run.metrics[name];
  if (name === undefined || value === null || value === undefined) return null;
  return { title: first?.title ?? name, value: asFigure(value, first?.limit) };
}

/** A share (whose best is 1) as per cent, anything else as a number. */
export const asFigure = (value: number | null | undefined, limit: number | undefined): string => (limit === 1 ? percent(value) : figure(value));
