import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answer, api, keys, useUndo, WINDOW, type DoneChange, type ImageRow, type Where } from "@/api";
import { many, toast, toastError } from "@/components";

export interface Selection {
  ids?: number[] | null;
  where?: Where | null;
}

/** What can be done to images, one gesture each; every one can be undone. */
export function useActions(project: string) {
  const cache = useQueryClient();
  const undo = useUndo(project);
  const path = { params: { path: { project } } };

  const done = () => {
    void cache.invalidateQueries({ queryKey: keys.project(project) });
    void cache.invalidateQueries({ queryKey: keys.rows(project) });
    void cache.invalidateQueries({ queryKey: keys.ids(project) });
  };
  const said = (change: DoneChange) => {
    done();
    if (change.id !== null) toast(change.title, "plain", { label: "Undo", run: () => undo.mutate("undo") });
  };

  /** What is shown changes with the key; the server's answer follows, and corrects it if it must. */
  const paint = (selection: Selection, change: Partial<ImageRow>) => {
    const ids = new Set(selection.ids ?? []);
    cache.setQueriesData<ImageRow[]>({ queryKey: keys.rows(project) }, (rows) =>
      rows?.map((row) => (selection.where || ids.has(row.id) ? { ...row, ...change } : row)),
    );
  };

  const label = useMutation({
    mutationFn: ({ selection, label }: { selection: Selection; label: string | null }) =>
      answer(
        api.POST("/api/projects/{project}/images/labels", {
          ...path,
          body: { selection, action: label === null ? "clear" : "set", label: label ?? "", window: WINDOW },
        }),
      ),
    onMutate: ({ selection, label }) => {
      // The server puts regions and labels together; a row of a part is only painted where that is sure.
      paint(selection, label === null ? { labelled: false, label: null, labels: [] } : { labelled: true, label, labels: [label] });
    },
    onSuccess: (change) => {
      done();
      if (change.images > 1) toast(change.title, "plain", { label: "Undo", run: () => undo.mutate("undo") });
    },
    onError: (reason) => {
      toastError(reason);
      done();
    },
  });

  const split = useMutation({
    mutationFn: ({ selection, split }: { selection: Selection; split: "train" | "validation" | "test" | null }) =>
      answer(api.POST("/api/projects/{project}/images/splits", { ...path, body: { selection, split, window: WINDOW } })),
    onMutate: ({ selection, split }) => paint(selection, { split }),
    onSuccess: said,
  });

  const remove = useMutation({
    mutationFn: (selection: Selection) => answer(api.POST("/api/projects/{project}/images/remove", { ...path, body: { selection, window: WINDOW } })),
    onSuccess: said,
  });

  const accept = useMutation({
    mutationFn: (selection: Selection) =>
      answer(api.POST("/api/projects/{project}/images/accept", { ...path, body: { selection, window: WINDOW } })),
    onSuccess: (change) => {
      done();
      if (change.id === null) toast("Nothing was taken over: these images have labels already, or no prediction.");
      else toast(`${many(change.images, "image")} labelled as predicted`, "good", { label: "Undo", run: () => undo.mutate("undo") });
    },
  });

  const review = useMutation({
    mutationFn: ({ selection, review }: { selection: Selection; review: "open" | "accepted" | "rejected" }) =>
      answer(api.POST("/api/projects/{project}/images/review", { ...path, body: { selection, review, window: WINDOW } })),
    onSuccess: said,
  });

  return { label, split, remove, accept, review };
}
