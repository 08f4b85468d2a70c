import { GitCompareArrows, Plus, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSearchParams } from "react-router";

import { keys, upload, useMethod, useRuns, type Run } from "@/api";
import { Badge, Button, ErrorNote, IconButton, Menu, moment, Progress, Skeleton, toastError } from "@/components";

import { Compare } from "./Compare";
import { NewTraining } from "./NewTraining";
import { RunPage } from "./RunPage";
import { live, metricOf, STATES } from "./runs";
import css from "./Train.module.css";

/** Trainings: a new one, the one that goes on, those before, two side by side. */
export function TrainView({ project }: { project: string }) {
  const runs = useRuns(project);
  const method = useMethod(project);
  const cache = useQueryClient();
  const [address, setAddress] = useSearchParams();
  const [comparing, compare] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const all = runs.data ?? [];
  const asked = address.get("run");
  const current = asked === "new" ? null : (all.find((each) => String(each.id) === asked) ?? all[0] ?? null);
  const other = all.find((each) => String(each.id) === address.get("with")) ?? null;
  const bring = useMutation({
    mutationFn: (model: File) => {
      const form = new FormData();
      form.append("file", model, model.name);
      return upload<Run>(`/api/projects/${project}/runs/import`, form, () => undefined);
    },
    onSuccess: (run) => {
      void cache.invalidateQueries({ queryKey: keys.runs(project) });
      setAddress({ run: String(run.id) });
    },
    onError: toastError,
  });

  const choose = (run: Run) => {
    if (comparing && current && run.id !== current.id) {
      compare(false);
      setAddress({ run: String(current.id), with: String(run.id) });
    } else setAddress({ run: String(run.id) });
  };

  return (
    <div className={css.view}>
      <aside className={css.list} aria-label="Trainings">
        <div className={css.listHead}>
          <Button tone={current === null ? "primary" : "plain"} icon={Plus} onClick={() => setAddress({ run: "new" })}>
            New training
          </Button>
          <IconButton icon={GitCompareArrows} label={comparing ? "Choose the second one below" : "Compare two"} aria-pressed={comparing} disabled={all.length < 2 || current === null} onClick={() => compare(!comparing)} />
          <Menu align="end" entries={[{ label: "Bring in a model file…", icon: Upload, onSelect: () => file.current?.click() }]}>
            {(props) => <IconButton icon={Upload} label="Bring in a model" {...props} />}
          </Menu>
        </div>
        {runs.isPending && <Skeleton height={64} />}
        <ErrorNote error={runs.error} />
        {comparing && <p className={css.hint}>Choose the training to set beside “{current?.name}”.</p>}
        {!runs.isPending && all.length === 0 && <p className={css.hint}>Trainings will be listed here, the newest first.</p>}
        <ol>
          {all.map((run) => {
            const metric = metricOf(method, run);
            return (
              <li key={run.id}>
                <button type="button" className={css.run} aria-current={run.id === current?.id || run.id === other?.id} onClick={() => choose(run)}>
                  <span className={css.runName}>{run.name}</span>
                  <Badge tone={STATES[run.state].tone}>{STATES[run.state].words}</Badge>
                  <span className={css.runFacts}>{moment(run.created)}</span>
                  <span className={css.runFacts}>{metric && `${metric.value}`}</span>
                  {live(run) && run.progress !== null && <Progress value={run.progress} label={`Progress of ${run.name}`} />}
                </button>
              </li>
            );
          })}
        </ol>
        <input ref={file} type="file" accept=".sightmill" hidden aria-label="Model file" onChange={(event) => event.target.files?.[0] && bring.mutate(event.target.files[0])} />
      </aside>
      <section className={css.main}>
        {runs.isPending ? (
          <Skeleton height={320} />
        ) : current === null ? (
          <NewTraining project={project} onStart={(run) => setAddress({ run: String(run.id) })} />
        ) : other ? (
          <Compare project={project} left={current} right={other} onClose={() => setAddress({ run: String(current.id) })} />
        ) : (
          <RunPage key={current.id} project={project} run={current} onAgain={() => setAddress({ run: "new" })} />
        )}
      </section>
    </div>
  );
}
