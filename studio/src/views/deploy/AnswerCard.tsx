import { useCallback } from "react";

import type { LiveAnswer } from "@/api";
import { ClassName, figure, percent } from "@/components";
import { RegionOverlay } from "@/components/RegionOverlay";

import css from "./Deploy.module.css";

interface AnswerProps {
  answer: LiveAnswer;
  colours: ReadonlyMap<string, string>;
  /** Opacity of the heatmap, 0 to 1. */
  heat: number;
  large?: boolean;
}

/** One answered image: heatmap and regions over it, its label and score, and how long it took. */
export function AnswerCard({ answer, colours, heat, large = false }: AnswerProps) {
  const known = JSON.stringify([...colours]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the same list of colours is the same function
  const colour = useCallback((label: string) => colours.get(label) ?? "#1a9cff", [known]);
  const top = Object.entries(answer.confidences).sort((a, b) => b[1] - a[1])[0];
  const raised = Object.entries(answer.flags).filter(([, up]) => up);
  return (
    <figure className={css.answer} data-large={large || undefined}>
      <div className={css.stage}>
        <div className={css.layers} style={{ aspectRatio: `${String(answer.width)} / ${String(answer.height)}` }}>
          <img src={answer.picture} alt={answer.name} />
          {answer.heatmap && heat > 0 && <img src={answer.heatmap} alt="" style={{ opacity: heat }} />}
          <RegionOverlay annotations={answer.annotations} width={answer.width} height={answer.height} colour={colour} />
        </div>
      </div>
      <figcaption>
        <span className={css.said}>
          {answer.label !== null ? <ClassName name={answer.label} colour={colours.get(answer.label)} /> : answer.annotations.length > 0 ? answer.answer : "nothing found"}
          <b>{answer.score !== null ? figure(answer.score) : top ? percent(top[1]) : ""}</b>
        </span>
        <span className={css.quiet}>
          {answer.name.split("/").at(-1)} · {figure(answer.milliseconds)} ms
          {raised.map(([name]) => ` · ${name.replaceAll("_", " ")}`)}
        </span>
      </figcaption>
    </figure>
  );
}
