import { CircleAlert, CircleCheck } from "lucide-react";
import { useCallback, useMemo } from "react";

import { useEvent, useProject, useSamples, type Run } from "@/api";
import { figure, Panel } from "@/components";
import { RegionOverlay } from "@/components/RegionOverlay";

import css from "./Train.module.css";

/** What the network says of a few validation images, while it learns. */
export function Samples({ project, run }: { project: string; run: Run }) {
  const samples = useSamples(project, run.id);
  const { refetch } = samples;
  useEvent("training", ({ run: about, event }) => {
    if (about === run.id && event.event === "sampled") void refetch();
  });
  const classes = useProject(project).data?.classes;
  const colours = useMemo(() => new Map((classes ?? []).map((each) => [each.name, each.colour])), [classes]);
  const colour = useCallback((label: string) => colours.get(label) ?? "#1a9cff", [colours]);
  const data = samples.data;
  if (!data || data.images.length === 0) return null;
  return (
    <Panel title="Validation images as it sees them now" aside={data.iteration !== null && `iteration ${String(data.iteration)}`}>
      <ul className={css.samples}>
        {data.images.map((each) => {
          const Icon = each.wrong ? CircleAlert : CircleCheck;
          return (
            <li key={each.image} data-wrong={each.wrong || undefined}>
              <div style={{ aspectRatio: `${String(each.width)} / ${String(each.height)}` }}>
                <img src={each.thumbnail} alt="" loading="lazy" />
                <RegionOverlay annotations={each.annotations} width={each.width} height={each.height} colour={colour} dashed />
              </div>
              <p title={each.name}>
                <Icon size={14} aria-label={each.wrong ? "wrong" : "right"} />
                <b>{each.answer || "nothing"}</b>
                {each.score !== null && <small>{figure(each.score, 2)}</small>}
              </p>
              {each.wrong && <p>is {each.truth || "nothing"}</p>}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
