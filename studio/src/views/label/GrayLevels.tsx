import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type RefObject } from "react";

import { answer, api, type Image } from "@/api";
import { Button, figure, Skeleton, Slider } from "@/components";
import type { GrayWindow } from "@/canvas/grays";

import type { Board } from "./board";
import css from "./Label.module.css";

/** Which gray values are shown black and white: for images with more grays than a screen has. */
export function GrayLevels({ project, image, board }: { project: string; image: Image; board: RefObject<Board | null> }) {
  const { data } = useQuery({
    queryKey: ["project", project, "window", image.id, image.version],
    queryFn: () => answer(api.GET("/api/projects/{project}/images/{image}/window", { params: { path: { project, image: image.id } } })),
    staleTime: Infinity,
  });
  const [wanted, want] = useState<GrayWindow | null>(null);
  const [made, make] = useState<GrayWindow | null>(null);

  // While a slider moves, the picture that is there is shown brighter or darker; then the server makes the exact one.
  useEffect(() => {
    const stage = board.current?.stage;
    if (data === undefined || stage === undefined) return;
    const own = { low: data.low, high: data.high };
    stage.preview(made ?? own, wanted ?? own);
    const timer = setTimeout(() => {
      if (made === wanted) return;
      make(wanted);
      board.current?.setGrays(wanted);
      stage.preview(null, null);
    }, 250);
    return () => clearTimeout(timer);
  }, [board, data, made, wanted]);
  useEffect(() => () => board.current?.stage.preview(null, null), [board]);

  if (data === undefined) return <Skeleton height={80} />;
  const { low, high } = wanted ?? data;
  const step = Number.isInteger(data.lowest) && Number.isInteger(data.highest) ? 1 : (data.highest - data.lowest) / 1000;
  const most = Math.max(...data.counts, 1);
  const range = Math.max(data.highest - data.lowest, 1e-9);
  const at = (value: number): number => Math.min(Math.max(((value - data.lowest) / range) * 256, 0), 256);
  const bars = data.counts.map((bar, index) => `M${String(index)} 40V${(40 - 38 * Math.sqrt(bar / most)).toFixed(1)}`).join("");
  return (
    <div className={css.settings}>
      <svg className={css.histogram} viewBox="0 0 256 40" preserveAspectRatio="none" role="img" aria-label={`Gray values from ${figure(data.lowest)} to ${figure(data.highest)}`}>
        <rect x={at(low)} y={0} width={Math.max(at(high) - at(low), 1)} height={40} className={css.span} />
        <path d={bars} className={css.bars} />
      </svg>
      <p className={css.fieldName}>Black</p>
      <Slider label="Gray value shown black" value={low} min={data.lowest} max={data.highest} step={step} show={figure} onChange={(value) => want({ low: Math.min(value, high - step), high })} />
      <p className={css.fieldName}>White</p>
      <Slider label="Gray value shown white" value={high} min={data.lowest} max={data.highest} step={step} show={figure} onChange={(value) => want({ low, high: Math.max(value, low + step) })} />
      <div className={css.row}>
        <Button size="small" disabled={wanted === null} onClick={() => want(null)}>
          Automatic
        </Button>
        <Button size="small" tone="quiet" onClick={() => want({ low: data.lowest, high: data.highest })}>
          Full range
        </Button>
      </div>
    </div>
  );
}
