import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight } from "lucide-react";
import { useId, useState } from "react";
import { useNavigate } from "react-router";

import { answer, api, keys, useMethods, type MethodFacts } from "@/api";
import { Button, ButtonLink, ErrorNote, Field, Skeleton, TextInput } from "@/components";

import { asksForSamples, effort, fitting, SAMPLES, wishes, type Samples, type Wish } from "./chooser";
import { Picture } from "./Picture";
import css from "./Projects.module.css";

/** A new project: three questions find the method, a name makes the folder. */
export function NewProjectView() {
  const methods = useMethods();
  const go = useNavigate();
  const cache = useQueryClient();
  const [wish, setWish] = useState<Wish | null>(null);
  const [samples, setSamples] = useState<Samples | null>(null);
  const [chosen, choose] = useState<string | null>(null);
  const [all, showAll] = useState(false);
  const [name, setName] = useState("");

  const known = methods.data ?? [];
  const fit = all ? known : fitting(known, wish, samples);
  const method = fit.find((each) => each.id === chosen) ?? (all ? undefined : fit[0]);
  const create = useMutation({
    mutationFn: (body: { name: string; method: string }) => answer(api.POST("/api/projects", { body })),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: keys.projects });
      void go(`/projects/${made.id}/images`);
    },
    onError: () => undefined,
  });
  let number = 1;

  return (
    <div className={css.page}>
      <main className={css.inner}>
        <div className={css.head}>
          <ButtonLink to="/" tone="quiet" icon={ArrowLeft}>
            Projects
          </ButtonLink>
        </div>
        <div className={css.head}>
          <h1>New project</h1>
          <Button tone="quiet" aria-pressed={all} onClick={() => showAll(!all)}>
            {all ? "Ask me instead" : "I know the method"}
          </Button>
        </div>
        {methods.isPending && <Skeleton height={200} />}
        <ErrorNote error={methods.error} />
        <form
          className={css.steps}
          onSubmit={(event) => {
            event.preventDefault();
            if (method) create.mutate({ name, method: method.id });
          }}
        >
          {!all && (
            <Question number={number++} title="What shall the model tell you?" answers={wishes(known)} value={wish} onChange={setWish} />
          )}
          {!all && asksForSamples(wish) && (
            <Question number={number++} title="How many images of bad parts do you have?" answers={SAMPLES} value={samples} onChange={setSamples} />
          )}
          {fit.length > 0 && (
            <MethodQuestion number={all ? null : number++} methods={fit} value={method?.id ?? null} onChange={choose} />
          )}
          {method && (
            <div className={css.question}>
              <div className={css.foot}>
                <div>
                  <Field label="What is the project called?">
                    {(ids) => <TextInput {...ids} value={name} maxLength={200} placeholder="for example: Flange inspection" onChange={(event) => setName(event.target.value)} />}
                  </Field>
                </div>
                <Button type="submit" tone="primary" size="large" busy={create.isPending} disabled={create.isPending || name.trim() === ""}>
                  Make the project <ArrowRight size={16} aria-hidden />
                </Button>
              </div>
              <ErrorNote error={create.error} />
            </div>
          )}
        </form>
      </main>
    </div>
  );
}

interface Choice<T> {
  id: T;
  title: string;
  words: string;
}

function Question<T extends string>({ number, title, answers, value, onChange }: {
  number: number;
  title: string;
  answers: readonly Choice<T>[];
  value: T | null;
  onChange: (value: T) => void;
}) {
  const group = useId();
  return (
    <fieldset className={css.question}>
      <legend>
        <span>{number}</span> {title}
      </legend>
      <div className={css.answers}>
        {answers.map((each) => (
          <label key={each.id} className={css.answer}>
            <input type="radio" name={group} checked={value === each.id} onChange={() => onChange(each.id)} />
            <Picture of={each.id} />
            <span className={css.text}>
              <strong>{each.title}</strong>
              <small>{each.words}</small>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function MethodQuestion({ number, methods, value, onChange }: {
  number: number | null;
  methods: readonly MethodFacts[];
  value: string | null;
  onChange: (id: string) => void;
}) {
  const group = useId();
  return (
    <fieldset className={css.question}>
      <legend>
        {number !== null && <span>{number}</span>} {methods.length > 1 ? "Which of these fits best?" : "This is the method for it"}
      </legend>
      <div className={css.answers}>
        {methods.map((each, index) => (
          <label key={each.id} className={css.answer}>
            <input type="radio" name={group} checked={value === each.id} onChange={() => onChange(each.id)} />
            <span className={css.text} style={{ gridColumn: "1 / -1" }}>
              <strong>
                {each.title}
                {number !== null && methods.length > 1 && index === 0 && " (start here)"}
              </strong>
              <small>{each.summary}</small>
              <small className={css.effort}>{effort(each)}</small>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
