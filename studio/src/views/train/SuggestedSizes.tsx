import { useQuery } from "@tanstack/react-query";
import { Check, Lightbulb } from "lucide-react";
import { useState } from "react";

import { answer, api, keys, type Parameter } from "@/api";
import { Button, ErrorNote, Field, figure, Note, NumberInput, useJob } from "@/components";
import { withValues, type Values } from "@/forms";

import css from "./Train.module.css";

interface SuggestedSizesProps {
  project: string;
  parameters: readonly Parameter[];
  values: Values;
  onUse: (values: Values) => void;
  disabled?: boolean;
}

/** Sizes that suit the labels and the time that one image may take, each with its reason; taken over with a button. */
export function SuggestedSizes({ project, parameters, values, onUse, disabled }: SuggestedSizesProps) {
  const [budget, setBudget] = useState<number | null>(null);
  const [done, setDone] = useState<number | null>(null);
  const { start, busy } = useJob(project, (job) => setDone(job.id));
  const plan = useQuery({
    queryKey: [...keys.all(project), "suggestions", done],
    queryFn: () => answer(api.GET("/api/projects/{project}/suggestions/{job}", { params: { path: { project, job: done ?? 0 } } })),
    enabled: done !== null,
    staleTime: Infinity,
    retry: false,
  });
  const said = plan.data;
  const taken = withValues(parameters, values, said?.suggestions ?? []);
  const used = taken === values;
  const wrong = budget !== null && budget <= 0 ? "More than 0." : null;
  const measured = said?.timed.at(-1);
  return (
    <section className={css.suggest} aria-labelledby="suggest">
      <div className={css.suggestHead}>
        <div>
          <h2 id="suggest">Sizes that suit your images</h2>
          <p>From the labels, and from networks that are measured on this machine: about a minute.</p>
        </div>
        <Field label="Time for one image" unit="ms" error={wrong}>
          {(ids) => <NumberInput id={ids.id} describedBy={ids["aria-describedby"]} invalid={wrong !== null} value={budget} min={0} placeholder="no limit" onChange={setBudget} />}
        </Field>
        <Button
          icon={Lightbulb}
          busy={busy}
          disabled={disabled === true || busy || wrong !== null}
          onClick={() => start(answer(api.POST("/api/projects/{project}/suggestions", { params: { path: { project } }, body: { budget_ms: budget } })))}
        >
          {busy ? "Measuring…" : "Suggest sizes"}
        </Button>
      </div>
      <ErrorNote error={plan.error} />
      {said && (
        <>
          <dl className={css.suggestions}>
            {said.suggestions.map((each) => (
              <div key={each.name}>
                <dt>{each.title}</dt>
                <dd>
                  <strong>
                    {typeof each.value === "number" ? figure(each.value) : each.value} {each.unit}
                  </strong>
                  <span>{each.reason}</span>
                </dd>
              </div>
            ))}
          </dl>
          {said.notes.map((note) => (
            <Note key={note} tone="warn">
              {note}
            </Note>
          ))}
          <div className={css.suggestFoot}>
            <Button tone="primary" icon={used ? Check : Lightbulb} disabled={used} onClick={() => onUse(taken)}>
              {used ? "In the form" : "Use these"}
            </Button>
            {measured && <span>An image took {figure(measured.milliseconds)} ms here.</span>}
          </div>
        </>
      )}
    </section>
  );
}
