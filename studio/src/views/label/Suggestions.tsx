import type { UseQueryResult } from "@tanstack/react-query";
import { Check, X } from "lucide-react";

import type { Prediction } from "@/api";
import { Button, Checkbox, ErrorNote, figure, IconButton, percent, Skeleton, Slider, Square } from "@/components";
import { colourOf } from "@/document/classes";
import { KIND_TITLES } from "@/document/regions";

import type { Action } from "./keys";
import css from "./Label.module.css";
import type { Session } from "./session";
import { useLabel } from "./useLabelling";

/** What the model would label: take it over, turn it down, or correct it. */
export function Suggestions({ session, answered, on, onOn, act }: {
  session: Session;
  answered: UseQueryResult<Prediction>;
  on: boolean;
  onOn: (on: boolean) => void;
  act: (action: Action) => void;
}) {
  const suggested = useLabel(session, (state) => state.suggested);
  const chosen = useLabel(session, (state) => state.chosen);
  const classes = useLabel(session, (state) => state.look.classes);
  const heatmap = useLabel(session, (state) => state.look.heatmap);
  useLabel(session, (state) => state.document);
  const open = session.open;
  return (
    <div className={css.suggestions}>
      <Checkbox label="Show what the model suggests" checked={on} onChange={onOn} />
      {on && answered.isError && <ErrorNote error={answered.error} />}
      {on && answered.isPending && <Skeleton height={28} />}
      {on && suggested !== null && (
        <>
          {suggested.label !== null && (
            <p className={css.said}>
              The model says <strong>{suggested.label}</strong>
              {suggested.score === null ? "" : ` (score ${suggested.score.toFixed(2)})`}
            </p>
          )}
          {open.length === 0 ? (
            <p className={css.none}>{suggested.annotations.length === 0 ? "It suggests no marks here." : "All that it suggests is labelled."}</p>
          ) : (
            <>
              <ul className={css.objects} aria-label="Suggestions">
                {open.slice(0, 200).map((item) => (
                  <li key={item.id} className={css.object} data-selected={chosen === item.id || undefined} onPointerEnter={() => session.hover(item.id)} onPointerLeave={() => session.hover(null)}>
                    <button type="button" aria-pressed={chosen === item.id} onClick={() => session.choose(item.id)}>
                      <Square colour={colourOf(classes, item.label)} />
                      <span>{item.label}</span>
                      <span className={css.measure}>{item.score === null ? KIND_TITLES[item.region.kind] : item.score > 1 ? figure(item.score) : percent(item.score, 0)}</span>
                    </button>
                    <IconButton icon={Check} size="small" label={`Accept ${item.label}`} onClick={() => session.accept([item.id])} />
                    <IconButton icon={X} size="small" label={`Reject ${item.label}`} onClick={() => session.reject(item.id)} />
                  </li>
                ))}
              </ul>
              <div className={css.row}>
                <Button size="small" data-key="Y" data-tip="Accept the chosen one, else the first" onClick={() => act("accept")}>
                  Accept
                </Button>
                <Button size="small" data-key="U" data-tip="Reject the chosen one, else the first" onClick={() => act("reject")}>
                  Reject
                </Button>
                <Button size="small" tone="quiet" data-key="Shift+Y" onClick={() => act("acceptAll")}>
                  Accept all
                </Button>
              </div>
            </>
          )}
          {suggested.heatmap !== null && (
            <>
              <p className={css.fieldName}>Heatmap</p>
              <Slider label="Opacity of the heatmap" value={heatmap} min={0} max={1} step={0.05} show={(value) => percent(value, 0)} onChange={(next) => session.look({ heatmap: next })} />
            </>
          )}
        </>
      )}
    </div>
  );
}
