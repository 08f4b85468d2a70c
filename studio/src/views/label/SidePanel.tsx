import type { UseQueryResult } from "@tanstack/react-query";
import type { RefObject } from "react";

import type { Prediction } from "@/api";
import { Panel } from "@/components";

import type { Board } from "./board";
import { ClassList } from "./ClassList";
import { GrayLevels } from "./GrayLevels";
import type { Action } from "./keys";
import css from "./Label.module.css";
import { ObjectList } from "./ObjectList";
import { Suggestions } from "./Suggestions";
import { type Labelling, useLabel } from "./useLabelling";
import { ViewSettings } from "./ViewSettings";

/** Classes, objects, suggestions, and how it all is shown. */
export function SidePanel({ project, labelling, board, reading, suggestion, suggests, onSuggests, goesOn, onGoesOn, onClass, feature, onFeature, act }: {
  project: string;
  labelling: Labelling;
  board: RefObject<Board | null>;
  reading: RefObject<HTMLInputElement | null>;
  suggestion: UseQueryResult<Prediction>;
  suggests: boolean;
  onSuggests: (on: boolean) => void;
  goesOn: boolean;
  onGoesOn: (on: boolean) => void;
  onClass: (name: string) => void;
  feature: number;
  onFeature: (side: number) => void;
  act: (action: Action) => void;
}) {
  const { session, image, method } = labelling;
  const objects = useLabel(session, (state) => state.document?.annotations.filter((item) => item.region.kind !== "whole").length ?? 0);
  const run = labelling.project?.active_run ?? null;
  return (
    <aside className={css.panel} aria-label="Labels">
      <Panel title={labelling.whole ? "The image is" : "Classes"}>
        <ClassList project={project} labelling={labelling} goesOn={goesOn} onGoesOn={onGoesOn} onClass={onClass} act={act} />
      </Panel>
      {run !== null && (
        <Panel title="Suggestions" aside={suggests ? undefined : "off"}>
          <Suggestions session={session} answered={suggestion} on={suggests} onOn={onSuggests} act={act} />
        </Panel>
      )}
      {(!labelling.wholeOnly || objects > 0) && (
        <Panel title="Objects" aside={objects > 0 ? String(objects) : undefined}>
          <ObjectList session={session} board={board} reading={reading} reads={method?.learns_from === "text"} />
        </Panel>
      )}
      <Panel title="View">
        <ViewSettings project={project} labelling={labelling} feature={feature} onFeature={onFeature} />
      </Panel>
      {image !== undefined && image.problem === null && (
        <Panel title="Brightness window" open={image.dtype !== "uint8"} aside={image.dtype === "uint8" ? undefined : image.dtype}>
          <GrayLevels key={`${String(image.id)}-${image.version}`} project={project} image={image} board={board} />
        </Panel>
      )}
    </aside>
  );
}
