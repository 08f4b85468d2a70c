import { Link } from "react-router";

import { answer, api, type Job, type Run } from "@/api";
import { Badge, Button, Progress, toastError } from "@/components";
import { duration } from "@/components";

import css from "./Frame.module.css";

const WORDS = { running: "at work", done: "done", failed: "failed", cancelled: "stopped" } as const;
const TONES = { running: "accent", done: "good", failed: "bad", cancelled: "plain" } as const;

/** Trainings that go on, and the jobs of this session, newest first. */
export function Work({ project, jobs, runs }: { project: string; jobs: readonly Job[]; runs: readonly Run[] }) {
  const live = runs.filter((each) => ["running", "stopping", "queued"].includes(each.state));
  if (live.length + jobs.length === 0) return <p className={css.hint}>Imports, exports, checks and trainings are listed here while they go on.</p>;
  const cancel = (job: number) =>
    void answer(api.POST("/api/projects/{project}/jobs/{job}/cancel", { params: { path: { project, job } } })).catch(toastError);
  return (
    <ul>
      {live.map((run) => (
        <li key={`run-${String(run.id)}`} className={css.job}>
          <div>
            <Link to={`/projects/${project}/train?run=${String(run.id)}`}>{run.name}</Link>
            <Badge tone="accent">{run.state === "queued" ? "waits" : run.stage || "training"}</Badge>
          </div>
          <Progress value={run.progress ?? null} label={run.name} />
          <p>{run.seconds_left ? `about ${duration(run.seconds_left)} left` : ""}</p>
        </li>
      ))}
      {[...jobs]
        .sort((a, b) => b.id - a.id)
        .map((job) => (
          <li key={job.id} className={css.job}>
            <div>
              <span>{job.title}</span>
              <Badge tone={TONES[job.state]}>{WORDS[job.state]}</Badge>
            </div>
            {job.state === "running" && <Progress value={job.total > 0 ? job.done / job.total : null} label={job.title} />}
            {job.sentence && <p>{job.sentence}</p>}
            {job.state === "running" && (
              <div>
                <Button size="small" onClick={() => cancel(job.id)}>
                  Stop
                </Button>
              </div>
            )}
          </li>
        ))}
    </ul>
  );
}
