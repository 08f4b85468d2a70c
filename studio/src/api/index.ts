export { answer, api, Refusal, sentenceOf, upload, WINDOW } from "./client";
export { useEvent, useProjectEvents, type EventKind, type Events, type TrainingEvent } from "./events";
export * from "./queries";
export type * from "./schema";
