import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleStop, Gauge, RotateCcw, Trash2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";

import { answer, api, keys, useCurves, useEvent, useLog, useMethod, type Curves, type Run } from "@/api";
import { Badge, Button, ButtonLink, bytes, count, Dialog, duration, figure, Note, Progress, Skeleton, Tabs, TextInput } from "@/components";

import { Chart, type Line } from "./Chart";
import { grown, smoothed } from "./live";
import { live, metricOf, STATES } from "./runs";
import { Samples } from "./Samples";
import css from "./Train.module.css";

/** One training: how far it is, its curves, its log, its settings. */
export function RunPage({ project, run, onAgain }: { project: string; run: Run; onAgain: () => void }) {
  const cache = useQueryClient();
  const method = useMethod(project);
  const curves = useCurves(project, run.id);
  const [tab, setTab] = useState<"log" | "settings">("log");
  const [removing, remove] = useState(false);
  const shown = run.state === "imported" ? "settings" : tab;
  const going = live(run);
  const at = { params: { path: { project, run: run.id } } };
  const put = (next: Run) => cache.setQueryData<Run[]>(keys.runs(project), (all) => all?.map((each) => (each.id === next.id ? next : each)));
  const stop = useMutation({ mutationFn: () => answer(api.POST("/api/projects/{project}/runs/{run}/stop", at)), onSuccess: put });
  const resume = useMutation({ mutationFn: () => answer(api.POST("/api/projects/{project}/runs/{run}/resume", at)), onSuccess: put });
  const rename = useMutation({
    mutationFn: (body: { name?: string; note?: string }) => answer(api.PATCH("/api/projects/{project}/runs/{run}", { ...at, body })),
    onSuccess: put,
  });
  const drop = useMutation({
    mutationFn: () => answer(api.DELETE("/api/projects/{project}/runs/{run}", at)),
    onSuccess: () => {
      remove(false);
      void cache.invalidateQueries({ queryKey: keys.runs(project) });
    },
  });

  // Events come many a second; the curves are drawn a few times a second.
  const waiting = useRef<((curves: Curves) => Curves)[]>([]);
  useEvent("training", ({ run: about, event }) => {
    if (about === run.id) waiting.current.push((before) => grown(before, event));
  });
  useEffect(() => {
    const timer = setInterval(() => {
      const all = waiting.current.splice(0);
      if (all.length === 0) return;
      cache.setQueryData<Curves>(keys.curves(project, run.id), (before) => before && all.reduce((now, add) => add(now), before));
    }, 300);
    return () => clearInterval(timer);
  }, [cache, project, run.id]);
  // The end may change the best iteration, and what came while nobody listened.
  useEffect(() => {
    if (!going) void cache.invalidateQueries({ queryKey: keys.curves(project, run.id) });
  }, [going, cache, project, run.id]);

  const metric = metricOf(method, run);
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div className={css.title}>
          <h1 className="visually-hidden">{run.name}</h1>
          <TextInput
            key={run.name}
            className={css.rename}
            aria-label="Name of the training"
            defaultValue={run.name}
            maxLength={200}
            onBlur={(event) => event.target.value.trim() && event.target.value !== run.name && rename.mutate({ name: event.target.value.trim() })}
            onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
          />
          <Badge tone={STATES[run.state].tone}>{STATES[run.state].words}</Badge>
        </div>
        {going && (
          <Button icon={CircleStop} busy={stop.isPending || run.state === "stopping"} disabled={stop.isPending || run.state === "stopping"} onClick={() => stop.mutate()} data-tip="The best model so far is kept">
            {run.state === "queued" ? "Take out of the queue" : "Stop"}
          </Button>
        )}
        {run.can_resume && !going && (
          <Button icon={RotateCcw} busy={resume.isPending} onClick={() => resume.mutate()}>
            Go on
          </Button>
        )}
        {!going && (
          <Button tone="quiet" icon={Trash2} onClick={() => remove(true)}>
            Remove
          </Button>
        )}
        {run.model && !going && (
          <ButtonLink tone="primary" icon={Gauge} to={`/projects/${project}/judge?run=${String(run.id)}`}>
            Judge it
          </ButtonLink>
        )}
      </header>
      {going && (
        <div className={css.going}>
          <Progress value={run.progress} label="Progress of the training" />
          <p>
            <span>{run.state === "queued" ? "Waits for the trainings before it" : stageWords(run.stage)}</span>
            <span>{run.seconds_left !== null && `about ${duration(run.seconds_left)} left`}</span>
          </p>
        </div>
      )}
      {run.error && <Note tone="bad">{run.error}</Note>}
      {run.state === "interrupted" && <Note tone="warn">The studio was ended while this training ran. It can go on where it was.</Note>}
      <div className={css.facts}>
        <Fact value={metric?.value ?? "–"} words={metric ? `${metric.title}, validation` : "validation"} />
        <Fact value={run.iteration === null ? "–" : String(run.iteration)} words={run.best_iteration === null ? "iteration" : `iteration; best ${String(run.best_iteration)}`} />
        <Fact value={duration(curves.data?.seconds_per_iteration)} words="per iteration" />
        <Fact value={duration(run.seconds)} words="in all" />
        {run.memory_bytes !== null && <Fact value={bytes(run.memory_bytes)} words="memory" />}
        <Fact value={run.device ?? "–"} words={learntFrom(run) || "device"} />
      </div>
      {run.state === "imported" ? <Note>This model was trained elsewhere: its curves and its log stayed there.</Note> : curves.data ? <RunCurves curves={curves.data} method={method?.metrics[0]} /> : <Skeleton height={250} />}
      <Samples project={project} run={run} />
      {(run.notes.length > 0 || run.stopped_by) && (
        <Note>
          <ul>
            {run.stopped_by && <li>Ended by: {run.stopped_by}.</li>}
            {run.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Note>
      )}
      <Tabs
        label="More of this training"
        tabs={[
          ...(run.state === "imported" ? [] : [{ id: "log" as const, label: "Log" }]),
          { id: "settings", label: `Settings${Object.keys(run.settings).length > 0 ? ` (${String(Object.keys(run.settings).length)} changed)` : ""}` },
        ]}
        value={shown}
        onChange={setTab}
      >
        {shown === "log" ? <RunLog project={project} run={run} /> : <SettingsTable run={run} />}
      </Tabs>
      <div className={css.again}>
        <Button onClick={onAgain}>Train again with other settings</Button>
      </div>
      {removing && (
        <Dialog
          title={`Remove “${run.name}”?`}
          onClose={() => remove(false)}
          actions={
            <>
              <Button onClick={() => remove(false)}>Keep it</Button>
              <Button tone="danger" busy={drop.isPending} onClick={() => drop.mutate()}>
                Remove
              </Button>
            </>
          }
        >
          <p>Its model, curves and predictions are deleted. This cannot be undone.</p>
        </Dialog>
      )}
    </div>
  );
}

/** How many images it learns from, and how many it is validated on. */
const learntFrom = (run: Run): string => {
  const numbers = Object.values(run.images).filter((number) => number > 0);
  return numbers.length > 0 ? `${numbers.map((number) => count(number)).join(" + ")} images` : "";
};

function Fact({ value, words }: { value: string; words: string }) {
  return (
    <div>
      <strong>{value}</strong>
      <span>{words}</span>
    </div>
  );
}

const STAGES: Record<string, string> = {
  reading: "Reading the images",
  preparing: "Preparing",
  training: "Training",
  settling: "Settling thresholds and scale",
  exporting: "Writing the model",
  validating: "Validating",
  parity: "Comparing the written model with the trained one",
};

const stageWords = (stage: string): string => STAGES[stage] ?? (stage === "" ? "Starting" : stage.charAt(0).toUpperCase() + stage.slice(1));

/** Training in blue, more often; validation in orange, once an iteration. */
export function RunCurves({ curves, method, suffix = "" }: { curves: Curves; method: { name: string; title: string } | undefined; suffix?: string }) {
  const lines = useMemo(() => {
    const x = curves.steps.map((each) => each.at);
    const loss = curves.steps.map((each) => each.loss);
    const validated = curves.scored.filter((each) => each.validation_loss !== null);
    const all: Line[] = [{ label: `Training${suffix}`, token: "--training", x, y: smoothed(loss, Math.max(1, Math.round(loss.length / 60))) }];
    if (validated.length > 0) {
      all.push({ label: `Validation${suffix}`, token: "--validation", points: true, x: validated.map((each) => each.iteration), y: validated.map((each) => each.validation_loss) });
    }
    return all;
  }, [curves, suffix]);
  const name = method?.name ?? Object.keys(curves.scored[0]?.metrics ?? {})[0];
  const score = useMemo<Line[]>(() => {
    if (name === undefined) return [];
    const known = curves.scored.filter((each) => typeof each.metrics[name] === "number");
    const all: Line[] = [{ label: `Validation${suffix}`, token: "--validation", points: true, x: known.map((each) => each.iteration), y: known.map((each) => each.metrics[name] ?? null) }];
    return known.length > 0 ? all : [];
  }, [curves, name, suffix]);
  if (curves.steps.length === 0 && curves.scored.length === 0) return <div className={css.noCurves}>The curves begin with the first step of the training.</div>;
  return (
    <div className={css.charts}>
      {curves.steps.length > 0 && <Chart title="Loss" lines={lines} />}
      {score.length > 0 && <Chart title={method?.title ?? name ?? ""} lines={score} />}
    </div>
  );
}

function RunLog({ project, run }: { project: string; run: Run }) {
  const going = live(run);
  const log = useLog(project, run.id);
  const box = useRef<HTMLPreElement>(null);
  const { refetch } = log;
  useEffect(() => {
    if (!going) {
      void refetch();
      return;
    }
    const timer = setInterval(() => void refetch(), 2500);
    return () => clearInterval(timer);
  }, [going, refetch]);
  const text = log.data?.lines.join("\n") ?? "";
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [text]);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a text that scrolls must be reachable with the keyboard
    <pre ref={box} className={css.log} tabIndex={0} aria-label="Log of the training">
      {text || (log.isPending ? "" : "Nothing was said yet.")}
    </pre>
  );
}

function SettingsTable({ run }: { run: Run }) {
  const all = Object.entries(run.resolved ?? run.settings);
  if (all.length === 0) return <p className={css.hint}>The settings are decided when the training starts.</p>;
  return (
    <table className={css.table}>
      <tbody>
        {all.map(([name, value]) => (
          <tr key={name} data-changed={Object.hasOwn(run.settings, name) || undefined}>
            <th scope="row">{name.replaceAll("_", " ")}</th>
            <td>{typeof value === "number" ? figure(value, 4) : typeof value === "string" ? value || "–" : JSON.stringify(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
