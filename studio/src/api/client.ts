/** One typed door to the server. Every answer is either what the description promises, or a Refusal with a sentence. */
import createClient from "openapi-fetch";

import type { Failure, paths } from "./schema";

/** This browser window, as the server's events name it. */
export const WINDOW = crypto.randomUUID?.() ?? Math.random().toString(36).slice(2);

export const api = createClient<paths>({ credentials: "same-origin", fetch: (request) => fetch(request) });

/** The server said no: `message` is its sentence for people, `failure` has the parts. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    readonly failure: Failure,
  ) {
    super(failure.sentence);
  }
}

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The answer of a call, or its Refusal thrown:
 *
 *     const project = await answer(api.GET("/api/projects/{project}", { params: { path: { project: id } } }));
 */
export async function answer<T>(call: Promise<Outcome<T>>): Promise<T> {
  let outcome: Outcome<T>;
  try {
    outcome = await call;
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    throw new Refusal(0, silence());
  }
  if (!outcome.response.ok) throw new Refusal(outcome.response.status, asFailure(outcome.error, outcome.response));
  return outcome.data as T;
}

function silence(): Failure {
  return {
    sentence: "The studio does not answer. Is `sightmill studio` still running? What was saved is safe.",
    kind: "NoAnswer",
    what: "the studio does not answer",
    where: null,
    got: null,
    allowed: null,
    remedy: "start the studio again, then go on",
  };
}

function asFailure(error: unknown, response: Response): Failure {
  if (typeof error === "object" && error !== null && "sentence" in error) return error as Failure;
  return {
    ...silence(),
    sentence: `The studio could not do this (${String(response.status)} ${response.statusText}).`,
    kind: "Unexpected",
  };
}

/** The sentence of anything that was thrown. */
export function sentenceOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/**
 * A multipart request, with its progress: what `fetch` cannot tell of an upload. `fraction` runs from 0 to 1.
 */
export function upload<T>(url: string, form: FormData, fraction: (done: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) fraction(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as T);
      else reject(new Refusal(request.status, asFailure(request.response, new Response(null, { status: request.status || 500 }))));
    };
    request.onerror = () => reject(new Refusal(0, silence()));
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
