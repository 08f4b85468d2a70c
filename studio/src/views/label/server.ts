/** What the session asks of the server. */

import { answer, api, Refusal, WINDOW } from "@/api";

import type { Server } from "./session";
import type { Outcome } from "./saver";

export function serverOf(project: string): Server {
  const path = { project };
  return {
    annotate: ({ image, title, revision, change }) =>
      outcome(async () => {
        if (change.kind !== "annotations") return null;
        const body = { annotations: [...change.annotations], labelled: change.labelled, revision, title, window: WINDOW };
        const done = await answer(
          api.PUT("/api/projects/{project}/images/{image}/annotations", { params: { path: { ...path, image } }, body }),
        );
        return done.image_revision;
      }),
    roi: ({ image, change }) =>
      outcome(async () => {
        if (change.kind !== "roi") return null;
        const body = { selection: { ids: [image] }, roi: change.roi, window: WINDOW };
        return (await answer(api.POST("/api/projects/{project}/images/roi", { params: { path }, body }))).image_revision;
      }),
  };
}

async function outcome(call: () => Promise<number | null>): Promise<Outcome> {
  try {
    return { kind: "saved", revision: await call() };
  } catch (reason) {
    const sentence = reason instanceof Error ? reason.message : String(reason);
    if (!(reason instanceof Refusal)) return { kind: "away", sentence };
    if (reason.status === 409) return { kind: "conflict", sentence };
    // No answer, signed out, too much at once, or the server's own trouble: it may work later.
    const later = reason.status === 0 || reason.status === 401 || reason.status === 429 || reason.status >= 500;
    return { kind: later ? "away" : "refused", sentence };
  }
}
