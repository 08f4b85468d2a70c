/**
 * Every gesture goes to the server at once, one after the other. What cannot be sent now is kept in the browser's own store
 * and sent as soon as the server answers, also after the page was closed: nothing that was drawn is lost.
 */

import { type AnnotationJson } from "@/document/annotations";
import type { RegionJson } from "@/document/regions";

/** What one gesture has made of an image. */
export interface Save {
  readonly image: number;
  readonly name: string;
  readonly title: string;
  readonly change:
    | { readonly kind: "annotations"; readonly annotations: readonly AnnotationJson[]; readonly labelled: boolean }
    | { readonly kind: "roi"; readonly roi: RegionJson | null };
}

/** A save that waits, by its place in the row. `revision` is of the image that the first of a row was drawn on. */
export interface Waiting extends Save {
  readonly number: number;
  readonly revision: number | null;
}

export type Outcome =
  | { readonly kind: "saved"; readonly revision: number | null }
  /** Another window was faster. */
  | { readonly kind: "conflict"; readonly sentence: string }
  /** The server will never take it. */
  | { readonly kind: "refused"; readonly sentence: string }
  /** The server does not answer. */
  | { readonly kind: "away"; readonly sentence: string };

export interface Keep {
  all(): Promise<Waiting[]>;
  put(waiting: Waiting): Promise<void>;
  drop(number: number): Promise<void>;
}

export interface Ports {
  send(save: Waiting): Promise<Outcome>;
  keep: Keep;
  /** Called when something has changed: what waits, or the state. */
  told(): void;
  saved(save: Waiting, revision: number | null): void;
  /** Another window was faster, or the server refuses: these are given up, and handed back so that nothing is lost. */
  lost(saves: readonly Waiting[], why: Outcome & { kind: "conflict" | "refused" }): void;
  wait?: (seconds: number) => Promise<void>;
}

const PAUSES = [1, 2, 4, 8, 15];

export class Saver {
  private queue: Waiting[] = [];
  private readonly revisions = new Map<number, number>();
  private running = false;
  private failures = 0;
  private wake: (() => void) | null = null;
  private last = 0;
  private closed = false;
  /** Why nothing can be sent, while it cannot. */
  trouble: string | null = null;

  constructor(private readonly ports: Ports) {}

  get waiting(): readonly Waiting[] {
    return this.queue;
  }

  /** What was left by a page that was closed before everything was sent. */
  async restore(): Promise<readonly Waiting[]> {
    const left = (await this.ports.keep.all()).sort((a, b) => a.number - b.number);
    const old = left.filter((item) => this.queue.every((other) => other.number !== item.number));
    this.queue = [...old, ...this.queue];
    this.last = Math.max(this.last, ...this.queue.map((item) => item.number));
    if (old.length > 0) {
      this.ports.told();
      void this.run();
    }
    return old;
  }

  /** The image is of this revision now, as the server says. */
  knows(image: number, revision: number): void {
    if (revision >= (this.revisions.get(image) ?? 0)) this.revisions.set(image, revision);
  }

  revision(image: number): number | null {
    return this.revisions.get(image) ?? null;
  }

  /** The last that waits for an image: newer than what the server knows. */
  pending(image: number): readonly Waiting[] {
    return this.queue.filter((item) => item.image === image);
  }

  add(save: Save): void {
    this.last = Math.max(this.last + 1, Date.now());
    const waiting: Waiting = { ...save, number: this.last, revision: this.revision(save.image) };
    this.queue = [...this.queue, waiting];
    // Written down before it is sent: whatever happens to this page, it is sent.
    void this.ports.keep.put(waiting).catch(() => undefined);
    this.ports.told();
    void this.run();
  }

  /** Take the last save back that was not sent yet. Null when there is none. */
  takeBack(): Waiting | null {
    const item = this.queue.at(-1);
    if (item === undefined || (this.running && this.queue.length === 1 && this.trouble === null)) return null;
    this.queue = this.queue.slice(0, -1);
    void this.ports.keep.drop(item.number).catch(() => undefined);
    this.ports.told();
    return item;
  }

  /** The server may be there again: try now. */
  retry(): void {
    this.wake?.();
    void this.run();
  }

  /** When everything is sent, or cannot be. */
  async settled(): Promise<void> {
    while (this.queue.length > 0 && this.trouble === null && !this.closed) await new Promise((done) => setTimeout(done, 10));
  }

  close(): void {
    this.closed = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (let next = this.queue[0]; next !== undefined && !this.closed; next = this.queue[0]) await this.one(next);
    } finally {
      this.running = false;
    }
  }

  private async one(save: Waiting): Promise<void> {
    const known = this.revision(save.image);
    const outcome = await this.ports.send({ ...save, revision: known ?? save.revision });
    if (outcome.kind === "away") {
      this.trouble = outcome.sentence;
      this.ports.told();
      const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)] ?? 15;
      this.failures += 1;
      await Promise.race([(this.ports.wait ?? sleep)(pause), new Promise<void>((done) => (this.wake = done))]);
      this.wake = null;
      return;
    }
    this.trouble = null;
    this.failures = 0;
    if (outcome.kind === "saved") {
      this.gone([save]);
      if (outcome.revision !== null) this.knows(save.image, outcome.revision);
      this.ports.saved(save, outcome.revision);
    } else {
      // What was drawn on top of a change that is not taken cannot be taken either.
      const lost = this.pending(save.image);
      this.gone(lost);
      this.ports.lost(lost, outcome);
    }
    this.ports.told();
  }

  private gone(saves: readonly Waiting[]): void {
    this.queue = this.queue.filter((item) => saves.every((other) => other.number !== item.number));
    for (const { number } of saves) void this.ports.keep.drop(number).catch(() => undefined);
  }
}

const sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000));
