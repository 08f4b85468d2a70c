/** Live events of a project: what happens in another window, in a job or in a training renews what is shown here. */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { WINDOW } from "./client";
import { keys } from "./queries";
import type { Job, Project, Run } from "./schema";

/** One line of `sightmill train --events json`, and when it was said. */
export interface TrainingEvent {
  event: string;
  at?: number;
  [field: string]: unknown;
}

export interface Events {
  hello: { revision: number };
  images: { ids: number[] | null; revision: number; window: string; change: string };
  classes: { revision: number; window: string };
  project: { revision: number; window: string };
  findings: Record<string, never>;
  history: { undo: Project["undo"]; redo: Project["redo"] };
  run: Run;
  run_removed: { id: number };
  training: { run: number; event: TrainingEvent };
  predictions: { run: number; ids: number[] | null };
  job: Job;
  capture: Record<string, unknown>;
  resync: Record<string, never>;
}

export type EventKind = keyof Events;

const KINDS: readonly EventKind[] = [
  "hello", "images", "classes", "project", "findings", "history", "run", "run_removed", "training", "predictions", "job",
  "capture", "resync",
];

type Listener<K extends EventKind> = (data: Events[K]) => void;

const listeners = new Map<EventKind, Set<Listener<EventKind>>>();

function tell(kind: EventKind, data: Events[EventKind]): void {
  for (const each of listeners.get(kind) ?? []) each(data);
}

/** Call `listener` at each event of a kind while the component is shown. */
export function useEvent<K extends EventKind>(kind: K, listener: Listener<K>): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const call: Listener<EventKind> = (data) => latest.current(data as Events[K]);
    const all = listeners.get(kind) ?? new Set();
    listeners.set(kind, all.add(call));
    return () => void all.delete(call);
  }, [kind]);
}

/**
 * Follow a project's events; mounted once, by the frame around its views. `connected` is told whether the line is up.
 * The browser connects again by itself; the `hello` that follows says whether anything was missed.
 */
export function useProjectEvents(project: string, connected: (up: boolean) => void): void {
  const cache = useQueryClient();
  const say = useRef(connected);
  useEffect(() => {
    say.current = connected;
  });
  useEffect(() => {
    const source = new EventSource(`/api/projects/${encodeURIComponent(project)}/events`);
    source.onopen = () => say.current(true);
    source.onerror = () => say.current(false);
    const renewal = new Renewal(cache, project);
    for (const kind of KINDS) {
      source.addEventListener(kind, (message) => {
        const data = JSON.parse((message as MessageEvent<string>).data) as Events[EventKind];
        renewal.on(kind, data);
        tell(kind, data);
      });
    }
    return () => {
      source.close();
      renewal.close();
    };
  }, [cache, project]);
}

/** Which answers each event makes stale. Many events in a row renew once. */
class Renewal {
  private readonly waiting = new Map<string, readonly unknown[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly cache: QueryClient,
    private readonly project: string,
  ) {}

  on(kind: EventKind, data: Events[EventKind]): void {
    const { cache, project } = this;
    switch (kind) {
      case "hello": {
        const known = cache.getQueryData<Project>(keys.project(project));
        if (known && known.revision !== (data as Events["hello"]).revision) this.renew(keys.all(project));
        break;
      }
      case "images": {
        const { ids, window } = data as Events["images"];
        this.renew(keys.project(project), keys.ids(project), keys.sizes(project), keys.history(project));
        if (ids === null) this.renew(keys.rows(project), keys.images(project));
        else {
          this.renew(keys.rows(project));
          for (const id of ids) {
            // The window that drew an image knows what it drew: it is asked for again when it is shown next, not at each stroke.
            if (window === WINDOW) void cache.invalidateQueries({ queryKey: keys.image(project, id), refetchType: "none" });
            else this.renew(keys.image(project, id));
          }
        }
        break;
      }
      case "classes":
        this.renew(keys.project(project), keys.rows(project));
        break;
      case "project":
        this.renew(keys.project(project), keys.rows(project), keys.ids(project));
        break;
      case "findings":
        this.renew(keys.findings(project), keys.project(project));
        break;
      case "history": {
        const { undo, redo } = data as Events["history"];
        cache.setQueryData<Project>(keys.project(project), (old) => old && { ...old, undo, redo });
        this.renew(keys.history(project));
        break;
      }
      case "run": {
        const run = data as Run;
        const old = cache.getQueryData<Run[]>(keys.runs(project));
        const before = old?.find((each) => each.id === run.id);
        cache.setQueryData<Run[]>(keys.runs(project), (all) =>
          all && (before ? all.map((each) => (each.id === run.id ? run : each)) : [run, ...all]),
        );
        if (before?.state !== run.state || before.progress !== run.progress) this.renew(keys.project(project));
        break;
      }
      case "run_removed":
        this.renew(keys.runs(project), keys.project(project));
        break;
      case "predictions": {
        const { run } = data as Events["predictions"];
        this.renew(keys.rows(project), keys.ids(project), keys.project(project), keys.predictions(project));
        this.renew(keys.evaluation(project, run));
        break;
      }
      case "job":
        cache.setQueryData<Job[]>(keys.jobs(project), (all) => {
          const job = data as Job;
          if (!all) return [job];
          return all.some((each) => each.id === job.id) ? all.map((each) => (each.id === job.id ? job : each)) : [job, ...all];
        });
        break;
      case "resync":
        this.renew(keys.all(project));
        break;
      case "capture":
        this.renew(keys.capture(project));
        break;
      case "training":
        break;
    }
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private renew(...stale: (readonly unknown[])[]): void {
    for (const key of stale) this.waiting.set(JSON.stringify(key), key);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const all = [...this.waiting.values()];
      this.waiting.clear();
      for (const queryKey of all) void this.cache.invalidateQueries({ queryKey });
    }, 120);
  }
}
