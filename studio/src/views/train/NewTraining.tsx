import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ImagePlus, Play } from "lucide-react";
import { useEffect, useState } from "react";

import { answer, api, keys, Refusal, useMethod, useProject, useRuns, useSession, WINDOW, type Run } from "@/api";
import { Button, ButtonLink, Checkbox, count, Empty, ErrorNote, Field, many, Note, Select, Skeleton, splitWords, TextInput } from "@/components";
import { problems, SchemaForm, type Values } from "@/forms";

import { Augmentation } from "./Augmentation";
import { SuggestedSizes } from "./SuggestedSizes";
import css from "./Train.module.css";

/** One button with the defaults; the form for those who want to say more. */
export function NewTraining({ project, onStart }: { project: string; onStart: (run: Run) => void }) {
  const cache = useQueryClient();
  const facts = useProject(project).data;
  const method = useMethod(project);
  const session = useSession().data;
  const models = (useRuns(project).data ?? []).filter((each) => each.model);
  const [own, setOwn] = useState<Values | null>(null);
  const [advanced, setAdvanced] = useState(false);
  const [name, setName] = useState("");
  const [from, setFrom] = useState("");
  const values = own ?? facts?.settings ?? {};
  const settled = useSettled(values, 350);
  const wrong = method ? problems(method.training, values) : new Map<string, string>();

  const check = useQuery({
    queryKey: [...keys.all(project), "run-check", settled],
    queryFn: () => answer(api.POST("/api/projects/{project}/runs/check", { params: { path: { project } }, body: { settings: { ...settled } } })),
    enabled: facts !== undefined && wrong.size === 0 && facts.counts.images > 0,
    retry: false,
    placeholderData: (before) => before,
  });
  const start = useMutation({
    mutationFn: async () => {
      // The form is kept with the project: the next training begins from it.
      await answer(api.PATCH("/api/projects/{project}", { params: { path: { project } }, body: { settings: { ...values }, window: WINDOW } }));
      return answer(
        api.POST("/api/projects/{project}/runs", {
          params: { path: { project } },
          body: { settings: { ...values }, name: name.trim(), start_from: from === "" ? null : Number(from), window: WINDOW },
        }),
      );
    },
    onSuccess: (run) => {
      cache.setQueryData<Run[]>(keys.runs(project), (all) => [run, ...(all ?? []).filter((each) => each.id !== run.id)]);
      void cache.invalidateQueries({ queryKey: keys.project(project) });
      onStart(run);
    },
    onError: () => undefined,
  });

  if (!facts || !method) return <Skeleton height={320} />;
  if (facts.counts.labelled === 0) {
    return (
      <Empty icon={ImagePlus} title="Nothing to learn from yet" actions={<ButtonLink to={`/projects/${project}/images`} tone="primary">To the images</ButtonLink>}>
        Bring images in and label them first. {method.summary}
      </Empty>
    );
  }
  const refused = check.error instanceof Refusal && check.error.failure.where !== null ? new Map([[check.error.failure.where, check.error.failure.sentence]]) : wrong;
  const errors = check.data?.findings.filter((each) => each.level === "error") ?? [];
  const warnings = check.data?.findings.filter((each) => each.level !== "error") ?? [];
  const ready = session?.can_train !== false && wrong.size === 0 && !check.isError && errors.length === 0;
  const changed = Object.keys(values).length;
  return (
    <div className={css.new}>
      <header className={css.head}>
        <div>
          <h1>Train a model</h1>
          <p>
            {method.title}. {changed === 0 ? "The usual settings are a good beginning." : `${count(changed)} settings differ from the usual ones.`}
          </p>
        </div>
        <Button tone="primary" size="large" icon={Play} busy={start.isPending} disabled={!ready || start.isPending} onClick={() => start.mutate()}>
          Start training
        </Button>
      </header>
      <div className={css.facts}>
        {Object.entries(check.data?.images ?? {}).map(([split, number]) => (
          <div key={split}>
            <strong>{number > 0 ? count(number) : "set aside"}</strong>
            <span>{splitWords[split as keyof typeof splitWords]} images</span>
          </div>
        ))}
        {check.data && (
          <div>
            <strong>{many(check.data.labels.length, "class", "classes")}</strong>
            <span title={check.data.labels.join(", ")}>{check.data.labels.slice(0, 8).join(", ")}</span>
          </div>
        )}
        {!check.data && <Skeleton height={40} />}
      </div>
      <div className={css.notes}>
        {session?.can_train === false && <Note tone="bad">{session.training_remedy}</Note>}
        <ErrorNote error={start.error} />
        {check.isError && <ErrorNote error={check.error} />}
        {errors.map((each) => (
          <Note key={each.code ?? each.what} tone="bad">
            {capital(each.what)}. {each.remedy && capital(each.remedy) + "."}
          </Note>
        ))}
        {warnings.map((each) => (
          <Note key={each.code ?? each.what} tone="warn">
            {capital(each.what)}. {each.remedy && capital(each.remedy) + "."}
          </Note>
        ))}
      </div>
      <SuggestedSizes project={project} parameters={method.training} values={values} onUse={setOwn} disabled={session?.can_train === false} />
      <div className={css.formHead}>
        <h2>Settings</h2>
        <Checkbox label="Show advanced settings" checked={advanced} onChange={setAdvanced} />
        {changed > 0 && (
          <Button size="small" tone="quiet" onClick={() => setOwn({})}>
            All back to usual
          </Button>
        )}
      </div>
      <div className={css.formCard}>
        <div className={css.naming}>
          <Field label="Name" help="Empty: it gets a number.">
            {(ids) => <TextInput {...ids} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
          </Field>
          {models.length > 0 && (
            <Field label="Begin with the weights of" help="A model that was trained before goes on learning.">
              {(ids) => (
                <Select
                  {...ids}
                  value={from}
                  onChange={setFrom}
                  choices={[{ value: "", label: "a fresh network" }, ...models.map((each) => ({ value: String(each.id), label: each.name }))]}
                />
              )}
            </Field>
          )}
        </div>
        {method.training.some((each) => each.group === "Augmentation") && <Augmentation project={project} settings={settled} />}
        <SchemaForm parameters={method.training} values={values} onChange={setOwn} advanced={advanced} resolved={check.data?.resolved ?? null} errors={refused} />
      </div>
    </div>
  );
}

export const capital = (text: string | undefined): string => (text ? text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "") : "");

/** A value that waits until the hand rests. */
export function useSettled<T>(value: T, wait: number): T {
  const [settled, settle] = useState(value);
  const said = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(JSON.parse(said) as T), wait);
    return () => clearTimeout(timer);
  }, [said, wait]);
  return settled;
}
