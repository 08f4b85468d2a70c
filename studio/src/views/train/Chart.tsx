import "uplot/dist/uPlot.min.css";

import { useEffect, useRef } from "react";
import UPlot from "uplot";

import { figure, tokenColour, useDark } from "@/components";

import css from "./Train.module.css";

export interface Line {
  label: string;
  token: `--${string}`;
  x: readonly number[];
  y: readonly (number | null)[];
  /** Faint, behind the others. */
  faint?: boolean;
  dashed?: boolean;
  points?: boolean;
}

interface ChartProps {
  title: string;
  lines: readonly Line[];
  height?: number;
}

/** Curves over iterations. Drag to look closer, double click to see all again. */
export function Chart({ title, lines, height = 220 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const dark = useDark();
  const shape = lines.map((each) => each.label + each.token).join();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const colour = (token: `--${string}`) => tokenColour(token);
    const axis = { stroke: colour("--text-3"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px 'Inter Variable', sans-serif" };
    const made = new UPlot(
      {
        width: element.clientWidth,
        height,
        padding: [10, 10, 0, 0],
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 28, values: (_, ticks) => ticks.map((each) => (Number.isInteger(each) ? String(each) : "")) },
          { ...axis, size: 52, values: (_, ticks) => ticks.map((each) => figure(each)) },
        ],
        legend: { show: true, live: true },
        cursor: { drag: { x: true, y: false }, points: { size: 6 } },
        series: [
          { label: "Iteration", value: (_, value) => (typeof value === "number" ? value.toFixed(1) : "–") },
          ...lines.map((each) => ({
            label: each.label,
            stroke: each.faint ? `color-mix(in srgb, ${colour(each.token)} 35%, transparent)` : colour(each.token),
            width: each.faint ? 1 : 2,
            dash: each.dashed ? [5, 4] : undefined,
            spanGaps: true,
            points: { show: each.points === true, size: 6, fill: colour(each.token) },
            value: (_: UPlot, value: number | null) => figure(value),
          })),
        ],
      },
      [[], ...lines.map(() => [])] as unknown as UPlot.AlignedData,
      element,
    );
    plot.current = made;
    const watcher = new ResizeObserver(([entry]) => made.setSize({ width: entry?.contentRect.width ?? 400, height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The lines' data follow below, without building the chart anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, dark, height]);

  useEffect(() => {
    if (!plot.current) return;
    const joined = UPlot.join(lines.map((each) => [[...each.x], [...each.y]] as UPlot.AlignedData));
    const zoomed = plot.current.select.width > 0;
    plot.current.setData(joined, !zoomed);
  }, [lines, shape, dark, height]);

  return (
    <figure className={css.chart}>
      <figcaption>{title}</figcaption>
      <div ref={box} role="img" aria-label={`${title}: ${lines.map((each) => `${each.label}, last ${figure(each.y.at(-1) ?? null)}`).join("; ")}`} />
    </figure>
  );
}
