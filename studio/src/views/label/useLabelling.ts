/** The label view's ties to the rest of the studio: the session of a project, its images in order, its classes and model. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useSearchParams } from "react-router";

import { answer, api, type Image, imageQuery, keys, useEvent, useImage, useImageIds, useMethod, useProject, WINDOW } from "@/api";
import type { MethodFacts, Project, Where } from "@/api";
import { toast, toastError } from "@/components";
import type { LabelClass } from "@/document/classes";

import { browserKeep } from "./keep";
import { prefetch } from "./picture";
import { serverOf } from "./server";
import { Session } from "./session";
import type { State } from "./state";

const sessions = new Map<string, Session>();

/** One session for a project as long as the page lives: what waits is sent while other views are shown. */
function sessionOf(project: string): Session {
  let session = sessions.get(project);
  if (session === undefined) {
    const deaf = { known: () => undefined, stale: () => undefined, say: toast };
    session = new Session(serverOf(project), browserKeep(project, WINDOW), deaf);
    sessions.set(project, session);
    const made = session;
    void made.saver.restore().then((old) => {
      if (old.length > 0) toast(`${String(old.length)} changes from before were not sent yet; they are sent now.`);
    });
    window.addEventListener("online", () => made.saver.retry());
    window.addEventListener("beforeunload", (event) => {
      if (made.saver.waiting.length > 0) event.preventDefault();
    });
  }
  return session;
}

/** A part of what the session knows. */
export function useLabel<T>(session: Session, part: (state: State) => T): T {
  return useSyncExternalStore(session.store.watch, () => part(session.store.get()));
}

/** What is shown of a project's images, one after the other. */
export const FILTERS: readonly { value: string; label: string; where: Where }[] = [
  { value: "all", label: "All images", where: {} },
  { value: "unlabelled", label: "Unlabelled", where: { labelled: false } },
  { value: "labelled", label: "Labelled", where: { labelled: true } },
  { value: "open", label: "To review", where: { review: "open" } },
  { value: "rejected", label: "Rejected in review", where: { review: "rejected" } },
  { value: "wrong", label: "Predicted wrong", where: { wrong: true } },
  { value: "unsure", label: "Not confident", where: { confident: false } },
];

const NO_IDS: readonly number[] = [];

export interface Course {
  readonly ids: readonly number[];
  readonly id: number | null;
  readonly index: number;
  readonly filter: string;
  readonly ready: boolean;
  /** The image that is wanted: at once, also while it is fetched. Null while it is looked for. */
  readonly wanted: () => number | null;
  /** The one before that. */
  readonly before: () => number | null;
  setFilter(filter: string): void;
  go(id: number): void;
  step(by: 1 | -1): void;
  nextUnlabelled(): void;
}

/**
 * The row of images and the place in it. A filter is asked once: an image does not vanish from the row because it was
 * labelled, and the next one is where it was.
 */
export function useCourse(project: string): Course {
  const [address, setAddress] = useSearchParams();
  const cache = useQueryClient();
  const named = address.get("show") ?? "all";
  const filter = FILTERS.some((each) => each.value === named) ? named : "all";
  const where = FILTERS.find((each) => each.value === filter)?.where ?? {};
  const found = useImageIds(project, where, "added", "up");
  const [kept, keep] = useState<{ filter: string; ids: readonly number[] } | null>(null);
  const fresh = found.isPlaceholderData ? undefined : found.data;
  if (fresh !== undefined && (kept?.filter !== filter || (filter === "all" && kept.ids !== fresh))) keep({ filter, ids: fresh });
  const ids = kept?.filter === filter ? kept.ids : NO_IDS;
  const given = Number(address.get("image"));
  const places = useMemo(() => new Map(ids.map((id, index) => [id, index])), [ids]);
  const asked = Number.isInteger(given) && given > 0 ? given : null;
  const id = asked ?? ids[0] ?? null;
  const index = id === null ? -1 : (places.get(id) ?? -1);

  // The address changes a moment after it was asked to; keys that are pressed in between belong to the next image already.
  const target = useRef<number | null>(null);
  const under = useRef<number | null>(null);
  useEffect(() => {
    if (under.current !== null && under.current !== id) return;
    under.current = null;
    target.current = id;
  }, [id]);
  const wanted = useCallback(() => target.current, []);
  const go = useCallback(
    (next: number) => {
      target.current = next;
      under.current = next;
      setAddress(
        (old) => {
          const query = new URLSearchParams(old);
          query.set("image", String(next));
          return query;
        },
        { replace: true },
      );
    },
    [setAddress],
  );
  const beside = (by: 1 | -1): number | undefined => {
    const at = target.current === null ? index : (places.get(target.current) ?? -1);
    return at < 0 ? (by > 0 ? ids[0] : undefined) : ids[at + by];
  };
  const before = (): number | null => beside(-1) ?? null;
  const setFilter = useCallback(
    (next: string) => setAddress(next === "all" ? {} : { show: next }, { replace: true }),
    [setAddress],
  );
  const step = (by: 1 | -1): void => {
    const next = beside(by);
    if (next !== undefined) go(next);
    else toast(by > 0 ? "This is the last image." : "This is the first image.");
  };
  const nextUnlabelled = (): void => {
    const from = target.current;
    target.current = null;
    const ask = async (): Promise<void> => {
      const body = { where: { labelled: false }, sort: "added", order: "up" } as const;
      const all = await answer(api.POST("/api/projects/{project}/gallery/ids", { params: { path: { project } }, body }));
      const next = all.ids.find((each) => each > (from ?? 0)) ?? all.ids.find((each) => each !== from);
      if (next !== undefined) return go(next);
      target.current = from;
      toast("All images are labelled.", "good");
    };
    void ask().catch((reason: unknown) => {
      target.current = from;
      toastError(reason);
    });
  };

  // The neighbours are fetched before they are asked for.
  useEffect(() => {
    if (index < 0) return;
    const timer = setTimeout(() => {
      for (const near of [ids[index + 1], ids[index + 2], ids[index - 1]]) {
        if (near === undefined) continue;
        void cache
          .ensureQueryData(imageQuery(project, near))
          .then(prefetch)
          .catch(() => undefined);
      }
    }, 150);
    return () => clearTimeout(timer);
  }, [cache, project, ids, index]);

  return { ids, id, index, filter, ready: found.data !== undefined, wanted, before, setFilter, go, step, nextUnlabelled };
}

export interface Labelling {
  readonly session: Session;
  readonly project: Project | undefined;
  readonly method: MethodFacts | undefined;
  readonly image: Image | undefined;
  readonly failure: unknown;
  readonly classes: readonly LabelClass[];
  /** The image carries labels as a whole, and nothing is drawn. */
  readonly wholeOnly: boolean;
  readonly whole: boolean;
}

const NO_CLASSES: readonly LabelClass[] = [];

export function useLabelling(project: string, id: number | null): Labelling {
  const cache = useQueryClient();
  const [session] = useState(() => sessionOf(project));
  const facts = useProject(project).data;
  const method = useMethod(project);
  const found = useImage(project, id);
  const image = found.data?.id === id ? found.data : undefined;
  const classes = facts?.classes ?? NO_CLASSES;

  useEffect(() => {
    session.listen({
      known: (number, now) => cache.setQueryData(keys.image(project, number), (old: Image | undefined) => old && now(old)),
      stale: (number) => void cache.invalidateQueries({ queryKey: keys.image(project, number) }),
      say: toast,
    });
  }, [session, cache, project]);

  useEffect(() => {
    if (image !== undefined) session.adopt(image);
  }, [session, image]);

  useEffect(() => session.classes(classes), [session, classes]);

  // What a method learns from decides how its labels are drawn.
  const learns = method?.learns_from ?? "";
  useEffect(() => {
    const anomaly = learns === "anomaly";
    const goodLabels = anomaly ? classes.filter((item) => item.good).map((item) => item.name) : [];
    const { options } = session.state;
    const drawable = classes.filter((item) => !goodLabels.includes(item.name));
    const known = drawable.some((item) => item.name === options.label);
    const label = known ? options.label : (drawable[0]?.name ?? (anomaly ? "defect" : "object"));
    const semantic = learns === "mask";
    session.options({ label, goodLabels, onePerClass: semantic || anomaly, apart: semantic });
  }, [session, classes, learns]);

  const known = facts !== undefined && method !== undefined;
  useEffect(() => session.store.set({ known }), [session, known]);

  // The server is there again: what waits is sent.
  useEvent("hello", () => session.saver.retry());

  const tools = method?.tools ?? [];
  const whole = tools.includes("whole");
  return { session, project: facts, method, image, failure: found.error, classes, whole, wholeOnly: whole && tools.length === 1 };
}

/** The active model's suggestion for the image in hand. */
export function useSuggestion(project: string, session: Session, run: number | null, id: number | null, wanted: boolean) {
  const version = useLabel(session, (state) => state.image?.version);
  const answered = useQuery({
    queryKey: [...keys.predictions(project), run, id, version],
    queryFn: () =>
      answer(
        api.GET("/api/projects/{project}/runs/{run}/images/{image}/prediction", {
          params: { path: { project, run: run ?? 0, image: id ?? 0 }, query: { inference: "" } },
        }),
      ),
    enabled: wanted && run !== null && id !== null,
    staleTime: 60_000,
    retry: false,
  });
  const shown = useLabel(session, (state) => state.image?.id);
  useEffect(() => {
    session.suggest(wanted && shown === id ? (answered.data ?? null) : null);
  }, [session, answered.data, wanted, id, shown]);
  return answered;
}

/** Undo goes where the change was: to another image, when it was there. */
export function useFollowUndo(course: Course): (replay: () => Promise<unknown>) => Promise<void> {
  const follows = useRef(false);
  useEvent("images", ({ ids, window }) => {
    const only = ids?.length === 1 ? ids[0] : undefined;
    if (follows.current && window === WINDOW && only !== undefined && only !== course.id) course.go(only);
    follows.current = false;
  });
  return useCallback(async (replay) => {
    follows.current = true;
    await replay();
  }, []);
}
