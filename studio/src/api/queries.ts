/** What the pages read: one hook for each question, one key for each answer, so that an event knows what to renew. */
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api, WINDOW } from "./client";
import type { MethodFacts, Project, Where } from "./schema";

/** Everything of a project begins with its own key; see events.ts for what renews what. */
export const keys = {
  session: ["session"] as const,
  methods: ["methods"] as const,
  formats: ["formats"] as const,
  projects: ["projects"] as const,
  all: (project: string) => ["project", project] as const,
  project: (project: string) => ["project", project, "facts"] as const,
  ids: (project: string) => ["project", project, "ids"] as const,
  rows: (project: string) => ["project", project, "rows"] as const,
  image: (project: string, image: number) => ["project", project, "image", image] as const,
  images: (project: string) => ["project", project, "image"] as const,
  history: (project: string) => ["project", project, "history"] as const,
  findings: (project: string) => ["project", project, "findings"] as const,
  sizes: (project: string) => ["project", project, "sizes"] as const,
  runs: (project: string) => ["project", project, "runs"] as const,
  curves: (project: string, run: number) => ["project", project, "curves", run] as const,
  samples: (project: string, run: number) => ["project", project, "samples", run] as const,
  log: (project: string, run: number) => ["project", project, "log", run] as const,
  evaluation: (project: string, run: number) => ["project", project, "evaluation", run] as const,
  predictions: (project: string) => ["project", project, "prediction"] as const,
  jobs: (project: string) => ["project", project, "jobs"] as const,
  capture: (project: string) => ["project", project, "capture"] as const,
};

export type Sort = "added" | "name" | "score" | "badness" | "size";
export type Order = "up" | "down";

const at = (project: string) => ({ params: { path: { project } } });
const ofRun = (project: string, run: number) => ({ params: { path: { project, run } } });

/** The token in the address that `sightmill studio` prints. It is taken out of the address at once. */
function tokenInAddress(): string | undefined {
  const found = /[#&]token=([^&]+)/.exec(window.location.hash)?.[1];
  if (found === undefined) return undefined;
  history.replaceState(null, "", window.location.pathname + window.location.search);
  return decodeURIComponent(found);
}

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async () => {
    const token = tokenInAddress();
    // A token that is not right (any more) leads to the question for it, not to an error page.
    if (token !== undefined) await api.POST("/api/session", { body: { token } });
    return answer(api.GET("/api/session"));
  },
  staleTime: Infinity,
});

export const methodsQuery = queryOptions({
  queryKey: keys.methods,
  queryFn: () => answer(api.GET("/api/methods")),
  staleTime: Infinity,
});

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: keys.project(project),
    queryFn: () => answer(api.GET("/api/projects/{project}", at(project))),
  });

export const useSession = () => useQuery(sessionQuery);
export const useMethods = () => useQuery(methodsQuery);
export const useProject = (project: string) => useQuery(projectQuery(project));

/** The method of a project: its tools, forms and metrics. */
export function useMethod(project: string): MethodFacts | undefined {
  const method = useProject(project).data?.method;
  return useMethods().data?.find((each) => each.id === method);
}

export const useProjects = () => useQuery({ queryKey: keys.projects, queryFn: () => answer(api.GET("/api/projects")) });

export const useFormats = () =>
  useQuery({ queryKey: keys.formats, queryFn: () => answer(api.GET("/api/formats")), staleTime: Infinity });

/** All ids that match, in order: the gallery's scroll bar, and "the next image" of the label view. */
export const useImageIds = (project: string, where: Where, sort: Sort, order: Order) =>
  useQuery({
    queryKey: [...keys.ids(project), where, sort, order],
    queryFn: async () => (await answer(api.POST("/api/projects/{project}/gallery/ids", { ...at(project), body: { where, sort, order } }))).ids,
    placeholderData: keepPreviousData,
  });

export const imageQuery = (project: string, image: number) =>
  queryOptions({
    queryKey: keys.image(project, image),
    queryFn: () => answer(api.GET("/api/projects/{project}/images/{image}", { params: { path: { project, image } } })),
  });

export const useImage = (project: string, image: number | null) =>
  useQuery({ ...imageQuery(project, image ?? 0), enabled: image !== null, placeholderData: keepPreviousData });

export const useRuns = (project: string) =>
  useQuery({ queryKey: keys.runs(project), queryFn: () => answer(api.GET("/api/projects/{project}/runs", at(project))) });

export const useCurves = (project: string, run: number | null) =>
  useQuery({
    queryKey: keys.curves(project, run ?? 0),
    queryFn: () => answer(api.GET("/api/projects/{project}/runs/{run}/curves", ofRun(project, run ?? 0))),
    enabled: run !== null,
  });

export const useSamples = (project: string, run: number) =>
  useQuery({ queryKey: keys.samples(project, run), queryFn: () => answer(api.GET("/api/projects/{project}/runs/{run}/samples", ofRun(project, run))) });

export const useLog = (project: string, run: number | null, enabled = true) =>
  useQuery({
    queryKey: keys.log(project, run ?? 0),
    queryFn: () => answer(api.GET("/api/projects/{project}/runs/{run}/log", ofRun(project, run ?? 0))),
    enabled: run !== null && enabled,
  });

export const useFindings = (project: string) =>
  useQuery({ queryKey: keys.findings(project), queryFn: () => answer(api.GET("/api/projects/{project}/findings", at(project))) });

export const useSizes = (project: string, enabled = true) =>
  useQuery({ queryKey: keys.sizes(project), queryFn: () => answer(api.GET("/api/projects/{project}/sizes", at(project))), enabled });

export const useHistory = (project: string, enabled = true) =>
  useQuery({ queryKey: keys.history(project), queryFn: () => answer(api.GET("/api/projects/{project}/history", at(project))), enabled });

export const useJobs = (project: string) =>
  useQuery({ queryKey: keys.jobs(project), queryFn: () => answer(api.GET("/api/projects/{project}/jobs", at(project))) });

/** Undo and redo of the whole project; they survive a reload. */
export function useUndo(project: string) {
  const cache = useQueryClient();
  const go = (way: "undo" | "redo") =>
    answer(api.POST(`/api/projects/{project}/${way}`, { params: { path: { project }, query: { window: WINDOW } } }));
  return useMutation({
    mutationFn: go,
    onSuccess: (done) => {
      cache.setQueryData(keys.project(project), (old: Project | undefined) => old && { ...old, undo: done.undo, redo: done.redo });
      void cache.invalidateQueries({ queryKey: keys.all(project) });
    },
  });
}
