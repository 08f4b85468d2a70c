import { useEffect } from "react";

import { answer, api, WINDOW, keys } from "@/api";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, percent, Slider, toast, toastError } from "@/components";

import css from "./Label.module.css";
import { type Labelling, useLabel } from "./useLabelling";

/** Where the network's square begins when nothing is set. */
const USUAL = 64;

export function ViewSettings({ project, labelling, feature, onFeature }: {
  project: string;
  labelling: Labelling;
  feature: number;
  onFeature: (side: number) => void;
}) {
  const { session, method, image } = labelling;
  const look = useLabel(session, (state) => state.look);
  const cache = useQueryClient();
  const parameter = method?.training.find((each) => each.name === "feature_size");
  const set = Number(labelling.project?.settings.feature_size ?? parameter?.default ?? 0);
  const largest = Math.max(image === undefined ? 512 : Math.min(image.width, image.height), 32);

  useEffect(() => {
    if (feature === 0) onFeature(set > 0 ? set : Math.min(USUAL, largest));
  }, [feature, set, largest, onFeature]);

  const use = (): void => {
    const settings = { ...labelling.project?.settings, feature_size: feature };
    void answer(api.PATCH("/api/projects/{project}", { params: { path: { project } }, body: { settings, window: WINDOW } }))
      .then(() => {
        toast(`The next training uses a feature size of ${String(feature)} px.`, "good");
        return cache.invalidateQueries({ queryKey: keys.project(project) });
      })
      .catch(toastError);
  };

  return (
    <div className={css.settings}>
      <p className={css.fieldName}>Opacity of marks</p>
      <Slider label="Opacity of marks" value={look.opacity} min={0} max={1} step={0.05} show={(value) => percent(value, 0)} onChange={(opacity) => session.look({ opacity })} />
      <div className={css.checks}>
        <Checkbox label="Marks" checked={!look.hidden} onChange={(shown) => session.look({ hidden: !shown })} />
        <Checkbox label="Names" checked={look.tags} onChange={(tags) => session.look({ tags })} />
        <Checkbox label="Pixel grid" checked={look.grid} onChange={(grid) => session.look({ grid })} />
        {parameter !== undefined && (
          <Checkbox label="Feature size" checked={look.featureSize > 0} onChange={(shown) => session.look({ featureSize: shown ? feature : 0 })} />
        )}
      </div>
      {parameter !== undefined && look.featureSize > 0 && (
        <>
          <Slider
            label="Feature size, pixels"
            value={feature}
            min={8}
            max={largest}
            step={1}
            onChange={(side) => {
              onFeature(Math.round(side));
              session.look({ featureSize: Math.round(side) });
            }}
            show={(value) => `${String(value)} px`}
          />
          <p className={css.help}>The square at the pointer should hold a usual defect with a little around it.</p>
          <Button size="small" disabled={feature === set} onClick={use}>
            {feature === set ? "Used for training" : "Use for training"}
          </Button>
        </>
      )}
    </div>
  );
}
