import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, PenLine } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";

import { answer, api, keys, useImage, useProject, type Labelled, type Run } from "@/api";
import { Badge, ButtonLink, Checkbox, Dialog, ErrorNote, figure, IconButton, percent, Skeleton, Slider } from "@/components";
import { RegionOverlay } from "@/components/RegionOverlay";

import css from "./Judge.module.css";
import type { Shown } from "./WorstFirst";

interface DetailProps {
  project: string;
  run: Run;
  images: readonly Shown[];
  start: number;
  inference: Readonly<Record<string, unknown>>;
  onClose: () => void;
}

const NOTHING: readonly Labelled[] = [];

/** One image large: truth, prediction and heatmap laid over it; arrows go to the next. */
export function Detail({ project, run, images, start, inference, onClose }: DetailProps) {
  const order = useMemo(() => [...images].sort((a, b) => Number(b.wrong) - Number(a.wrong) || b.badness - a.badness || a.id - b.id).map((each) => each.id), [images]);
  const [id, go] = useState(start);
  const [truth, setTruth] = useState(true);
  const [predicted, setPredicted] = useState(true);
  const [heat, setHeat] = useState(0.6);
  const judged = images.find((each) => each.id === id);
  const image = useImage(project, id).data;
  const colours = new Map((useProject(project).data?.classes ?? []).map((each) => [each.name, each.colour]));
  const known = JSON.stringify([...colours]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the same list of colours is the same function
  const colour = useCallback((label: string) => colours.get(label) ?? "#1a9cff", [known]);
  const said = JSON.stringify(inference);
  const prediction = useQuery({
    queryKey: [...keys.predictions(project), run.id, id, said],
    queryFn: () =>
      answer(api.GET("/api/projects/{project}/runs/{run}/images/{image}/prediction", { params: { path: { project, run: run.id, image: id }, query: { inference: said === "{}" ? "" : said } } })),
    placeholderData: (before) => before,
    retry: false,
  });
  const move = useCallback((by: number) => go((now) => order[Math.min(order.length - 1, Math.max(0, order.indexOf(now) + by))] ?? now), [order]);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === "ArrowRight") move(1);
      else if (event.key === "ArrowLeft") move(-1);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", key, true);
    return () => window.removeEventListener("keydown", key, true);
  }, [move]);

  const data = prediction.data?.image === id ? prediction.data : undefined;
  const place = order.indexOf(id);
  const confidences = Object.entries(data?.confidences ?? {}).sort((a, b) => b[1] - a[1]);
  return (
    <Dialog title={judged?.name.split("/").slice(-2).join("/") ?? "Image"} wide onClose={onClose}>
      <div className={css.detail}>
        <div className={css.stage}>
          {image?.id === id ? (
            <div className={css.layers} style={{ aspectRatio: `${String(image.width)} / ${String(image.height)}` }}>
              <img src={`${image.picture}${image.picture.includes("?") ? "&" : "?"}side=1024`} alt={image.name} />
              {data?.heatmap && heat > 0 && <img src={data.heatmap} alt="" style={{ opacity: heat }} />}
              {truth && <RegionOverlay annotations={image.annotations} width={image.width} height={image.height} colour={colour} />}
              <RegionOverlay annotations={predicted ? (data?.annotations ?? NOTHING) : NOTHING} width={image.width} height={image.height} colour={colour} dashed />
            </div>
          ) : (
            <Skeleton height={360} />
          )}
        </div>
        <div className={css.facts}>
          <div className={css.nav}>
            <IconButton icon={ChevronLeft} label="Before" shortcut="←" disabled={place <= 0} onClick={() => move(-1)} />
            <span>
              {place + 1} of {order.length}
            </span>
            <IconButton icon={ChevronRight} label="Next" shortcut="→" disabled={place >= order.length - 1} onClick={() => move(1)} />
          </div>
          <ErrorNote error={prediction.error} />
          <dl>
            <dt>Truth</dt>
            <dd>{judged?.truth ?? "–"}</dd>
            <dt>Prediction</dt>
            <dd>
              {data?.label ?? judged?.answer ?? "–"} {judged && <Badge tone={judged.wrong ? "bad" : "good"}>{judged.wrong ? "wrong" : "right"}</Badge>}
            </dd>
            {typeof data?.score === "number" && (
              <>
                <dt>Score</dt>
                <dd>{figure(data.score)}</dd>
              </>
            )}
            {Object.entries(data?.flags ?? {}).map(([name, value]) => (
              <Fact key={name} name={name} value={value ? "yes" : "no"} />
            ))}
            {Object.entries(data?.values ?? {}).map(([name, value]) => (
              <Fact key={name} name={name} value={figure(value)} />
            ))}
          </dl>
          {confidences.length > 0 && (
            <ul className={css.confidences}>
              {confidences.slice(0, 8).map(([name, value]) => (
                <li key={name}>
                  <span>{name}</span>
                  <b>{percent(value)}</b>
                  <i style={{ width: `${String(100 * value)}%` }} />
                </li>
              ))}
            </ul>
          )}
          <div className={css.switches}>
            <Checkbox label="Truth (lines)" checked={truth} onChange={setTruth} />
            <Checkbox label="Prediction (dashed)" checked={predicted} onChange={setPredicted} />
            {data?.heatmap && (
              <div>
                <span>Heatmap</span>
                <Slider label="Opacity of the heatmap" value={heat} min={0} max={1} step={0.05} onChange={setHeat} show={(value) => `${String(Math.round(100 * value))} %`} />
              </div>
            )}
          </div>
          <ButtonLink to={`/projects/${project}/label?image=${String(id)}`} size="small" icon={PenLine}>
            Correct the label
          </ButtonLink>
        </div>
      </div>
    </Dialog>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name.replaceAll("_", " ")}</dt>
      <dd>{value}</dd>
    </>
  );
}
