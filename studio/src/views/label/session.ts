/** Labelling one image after another: the document in hand, what is done to it, and its way to the server. */

import type { Image, Labelled, Prediction } from "@/api";
import {
  annotation,
  type Annotation,
  annotationFromJson,
  annotationToJson,
  changed,
  type Command,
  freshId,
  type ImageDocument,
  reconciled,
  ROI,
  sameRoi,
  sameTruth,
  titleOf,
} from "@/document/annotations";
import type { LabelClass } from "@/document/classes";
import { maskOf, type Region, type RegionJson, regionFromJson, regionToJson, withinImage } from "@/document/regions";
import { pieces } from "@/document/flooding";
import type { Options, ToolId } from "@/tools/gesture";

import { agreeing } from "./suggesting";
import { type Keep, type Outcome, type Save, Saver, type Waiting } from "./saver";
import { START, type State, Store, type Suggested } from "./state";

export interface Server {
  annotate(save: Waiting): Promise<Outcome>;
  roi(save: Waiting): Promise<Outcome>;
}

export interface Hearers {
  /** The server has taken a change of an image: what it knows of it now. */
  known(image: number, now: (before: Image) => Image): void;
  /** The image must be read again. */
  stale(image: number): void;
  say(text: string, tone: "good" | "bad" | "plain", action?: { label: string; run: () => void }): void;
}

const NONE: readonly Annotation[] = [];

export const documentOf = (image: Image): ImageDocument => ({
  width: image.width,
  height: image.height,
  annotations: image.annotations.map((item) => annotationFromJson({ ...item, region: item.region as RegionJson })),
  labelled: image.labelled,
  roi: image.roi === null ? null : regionFromJson(image.roi as RegionJson),
  selection: [],
});

export class Session {
  readonly store = new Store<State>(START);
  readonly saver: Saver;
  private readonly rejected = new Map<number, Set<string>>();
  /** Which suggestion an annotation came from: however it is corrected, it stays the answer to that. */
  private readonly taken = new Map<string, string>();
  /** What images looked like before saves that wait, to take them back. */
  private readonly before = new Map<number, ImageDocument>();
  private clipboard: readonly Annotation[] = [];
  /** Revisions of images that came too late. */
  private readonly outdated = new Map<number, number>();
  private seen: { annotations: readonly Annotation[]; suggested: Suggested; open: readonly Annotation[] } | null = null;

  constructor(
    server: Server,
    keep: Keep,
    private hearers: Hearers,
  ) {
    this.saver = new Saver({
      keep,
      send: (save) => (save.change.kind === "roi" ? server.roi(save) : server.annotate(save)),
      told: () => this.store.set({ waiting: this.saver.waiting.length, trouble: this.saver.trouble }),
      saved: (save, revision) => this.saved(save, revision),
      lost: (saves, why) => this.lost(saves, why),
    });
  }

  get state(): State {
    return this.store.get();
  }

  /** Who is told from now on. */
  listen(hearers: Hearers): void {
    this.hearers = hearers;
  }

  close(): void {
    this.saver.close();
  }

  /** An image as the server knows it: the one to work on, or news of it. */
  adopt(image: Image): void {
    const { image: held, document } = this.state;
    const revision = this.saver.revision(image.id);
    if (revision !== null && image.revision < revision && this.outdated.get(image.id) !== image.revision) {
      // An answer from before the last save. To draw on it would take back what was saved: it is asked for again.
      this.outdated.set(image.id, image.revision);
      this.hearers.stale(image.id);
      return;
    }
    this.outdated.delete(image.id);
    const waiting = this.saver.pending(image.id);
    if (held?.id === image.id && held.version === image.version && image.revision === held.revision) {
      this.store.set({ image });
      return;
    }
    if (waiting.length === 0) this.saver.knows(image.id, image.revision);
    let next = documentOf(image);
    // What is on its way to the server is newer than what comes from it.
    for (const save of waiting) next = withSave(next, save);
    if (held?.id === image.id && document !== null) {
      next = reconciled(document, next);
      this.store.set({ image, document: sameTruth(next, document) && sameRoi(next, document) ? document : next });
    } else this.store.set({ image, document: next, hovered: null, suggested: null, chosen: null });
  }

  /** Do it: on the screen now, on the server at once. Several commands are one gesture. */
  run(commands: readonly Command[]): void {
    const { document, image } = this.state;
    if (document === null || image === null || commands.length === 0) return;
    let next = document;
    for (const command of commands) next = changed(next, command);
    next = clipped(next);
    const chosen = next.selection.length > 0 ? null : this.state.chosen;
    this.store.set({ document: next, chosen });
    const telling = commands.filter((command) => command.type !== "select").at(-1);
    if (telling === undefined) return;
    const title = titleOf(document, telling).slice(0, 200);
    if (!sameTruth(document, next)) {
      this.save(document, {
        image: image.id,
        name: image.name,
        title,
        change: { kind: "annotations", annotations: next.annotations.map(annotationToJson), labelled: next.labelled },
      });
    }
    if (!sameRoi(document, next)) {
      const roi = next.roi === null ? null : regionToJson(next.roi);
      this.save(document, { image: image.id, name: image.name, title, change: { kind: "roi", roi } });
    }
  }

  select(ids: readonly string[]): void {
    this.run([{ type: "select", ids }]);
  }

  /** Give the selected objects a class; without any, it is the class to draw. */
  give(label: string): void {
    const { document } = this.state;
    const ids = document?.selection.filter((id) => id !== ROI) ?? [];
    this.options({ label });
    if (ids.length > 0) this.run([{ type: "relabel", ids, label }]);
  }

  /** Say what the image is as a whole. `several`: more than one label may hold, and a second time takes it away. */
  labelWhole(label: string, several: boolean): void {
    const { document, options } = this.state;
    if (document === null) return;
    const whole = document.annotations.filter((item) => item.region.kind === "whole");
    const same = whole.filter((item) => item.label === label);
    const title = `Label the image ${label}`;
    if (several) {
      if (same.length > 0) this.run([{ type: "replace", remove: same.map((item) => item.id), add: [], title: `Take ${label} away` }]);
      else this.run([{ type: "replace", remove: [], add: [annotation({ kind: "whole" }, label)], title }, { type: "select", ids: [] }]);
      return;
    }
    // An image that is good has no defects on it.
    const good = options.goodLabels.includes(label);
    const remove = document.annotations.filter((item) => item.region.kind === "whole" || good).map((item) => item.id);
    if (same.length === 1 && remove.length === 1) return;
    this.run([{ type: "replace", remove, add: [annotation({ kind: "whole" }, label)], title }, { type: "select", ids: [] }]);
  }

  /** Delete what is selected, or turn a suggestion down. */
  remove(): void {
    const { document, chosen } = this.state;
    if (document !== null && document.selection.length > 0) this.run([{ type: "remove", ids: document.selection }]);
    else if (chosen !== null) this.reject(chosen);
  }

  copy(): number {
    const { document } = this.state;
    this.clipboard = document?.annotations.filter((item) => document.selection.includes(item.id)) ?? [];
    return this.clipboard.length;
  }

  paste(): void {
    this.addCopies(this.clipboard, "Paste");
  }

  /** The annotations of another image, here as well. Labels of the whole image come along only where there are none. */
  copyFrom(other: Image): void {
    const { document } = this.state;
    if (document === null) return;
    const hasWhole = document.annotations.some((item) => item.region.kind === "whole");
    const all = documentOf(other).annotations.filter((item) => item.region.kind !== "whole" || !hasWhole);
    const fresh = all.filter((item) => agreeing(item, document.annotations, document) === null);
    if (fresh.length === 0) this.hearers.say(`There is nothing on ${other.name} that is not here already.`, "plain");
    else this.addCopies(fresh, `Copy from ${other.name}:`);
  }

  /** A mask of exactly the pixels that a box or outline covers; or each piece of a mask as an object of its own. */
  asMask(id: string): void {
    this.convert(id, "Make a mask of", (region, document) =>
      region.kind === "polyline" ? [region] : [{ kind: "mask", mask: maskOf(region, document) }],
    );
  }

  inPieces(id: string): void {
    this.convert(id, "Take apart", (region) =>
      region.kind === "mask" ? pieces(region.mask).map((mask): Region => ({ kind: "mask", mask })) : [region],
    );
  }

  // What a model suggests

  suggest(prediction: Prediction | null): void {
    const { document, image } = this.state;
    if (prediction === null || image?.id !== prediction.image || document === null) {
      this.store.set({ suggested: null, chosen: null });
      return;
    }
    const turnedDown = this.rejected.get(image.id);
    const annotations = prediction.annotations
      .map((item: Labelled) => annotationFromJson({ ...item, region: item.region as RegionJson }))
      .filter((item) => turnedDown?.has(fingerprint(item)) !== true);
    const suggested: Suggested = {
      run: prediction.run,
      annotations,
      label: prediction.label,
      score: prediction.score,
      heatmap: prediction.heatmap,
    };
    this.store.set({ suggested, chosen: null });
  }

  /** Suggestions that say something new. */
  get open(): readonly Annotation[] {
    const { document, suggested } = this.state;
    if (document === null || suggested === null) return NONE;
    if (this.seen?.annotations !== document.annotations || this.seen.suggested !== suggested) {
      const answered = new Set(document.annotations.map((item) => this.taken.get(item.id)));
      const open = suggested.annotations.filter(
        (item) => item.label !== "" && !answered.has(fingerprint(item)) && agreeing(item, document.annotations, document) === null,
      );
      this.seen = { annotations: document.annotations, suggested, open };
    }
    return this.seen.open;
  }

  accept(ids: readonly string[]): void {
    const { document } = this.state;
    if (document === null) return;
    const taken = this.open.filter((item) => ids.includes(item.id));
    if (taken.length === 0) return;
    const add = taken.map((item) => ({ ...item, id: freshId(), score: null }));
    for (const [index, { id }] of add.entries()) {
      const item = taken[index];
      if (item !== undefined) this.taken.set(id, fingerprint(item));
    }
    const whole = add.some((item) => item.region.kind === "whole");
    const remove = whole ? document.annotations.filter((item) => item.region.kind === "whole").map((item) => item.id) : [];
    const next = this.after(ids);
    const title = add.length === 1 ? `Accept ${add[0]?.label ?? ""}` : `Accept ${add.length} suggestions`;
    this.run([{ type: "replace", remove, add, title }]);
    // One by one with a key: the next stands ready. Alone: it can be corrected at once.
    if (next !== null) {
      this.select([]);
      this.store.set({ chosen: next });
    }
  }

  reject(id: string): void {
    const { image, suggested } = this.state;
    const item = suggested?.annotations.find((each) => each.id === id);
    if (image === null || suggested === null || item === undefined) return;
    const turnedDown = this.rejected.get(image.id) ?? new Set();
    this.rejected.set(image.id, turnedDown.add(fingerprint(item)));
    const next = this.after([id]);
    this.store.set({ suggested: { ...suggested, annotations: suggested.annotations.filter((each) => each.id !== id) }, chosen: next });
  }

  choose(id: string | null): void {
    const { document } = this.state;
    if (id !== null && document !== null && document.selection.length > 0) this.select([]);
    this.store.set({ chosen: id });
  }

  // Settings of the view

  tool(tool: ToolId): void {
    this.store.set({ tool });
  }

  options(part: Partial<Options>): void {
    this.store.set({ options: { ...this.state.options, ...part } });
  }

  look(part: Partial<State["look"]>): void {
    this.store.set({ look: { ...this.state.look, ...part } });
  }

  classes(classes: readonly LabelClass[]): void {
    this.look({ classes });
  }

  hover(hovered: string | null): void {
    this.store.set({ hovered });
  }

  /** Take back what was done last and is not on the server. False: the server's own undo is the one to ask. */
  takeBack(): boolean {
    const save = this.saver.takeBack();
    if (save === null) return false;
    const before = this.before.get(save.number);
    this.before.delete(save.number);
    if (before !== undefined && this.state.image?.id === save.image) this.store.set({ document: { ...before, selection: [] } });
    else this.hearers.stale(save.image);
    return true;
  }

  private after(ids: readonly string[]): string | null {
    const rest = this.open.filter((item) => !ids.includes(item.id));
    return rest[0]?.id ?? null;
  }

  private addCopies(items: readonly Annotation[], verb: string): void {
    const { document } = this.state;
    if (document === null || items.length === 0) return;
    const annotations = items.flatMap((item): Annotation[] => {
      const region = withinImage(item.region, document);
      return region === null ? [] : [{ ...item, id: freshId(), region, score: null }];
    });
    this.run([{ type: "add", annotations, title: `${verb} ${annotations.length} object${annotations.length === 1 ? "" : "s"}` }]);
  }

  private convert(id: string, verb: string, change: (region: Region, document: ImageDocument) => Region[]): void {
    const { document } = this.state;
    const item = document?.annotations.find((each) => each.id === id);
    if (document === null || item === undefined) return;
    const regions = change(item.region, document);
    if (regions.length === 1 && regions[0] === item.region) return;
    const add = regions.map((region) => ({ ...item, id: freshId(), region }));
    this.run([{ type: "replace", remove: [id], add, title: `${verb} ${item.label}`.trim() }]);
  }

  private save(before: ImageDocument, save: Save): void {
    this.saver.add(save);
    const number = this.saver.waiting.at(-1)?.number;
    if (number !== undefined) this.before.set(number, before);
  }

  private saved(save: Waiting, revision: number | null): void {
    this.before.delete(save.number);
    // Only what the server has now: a later gesture may already be on the screen.
    const now = (before: Image): Image => {
      const next = { ...before, revision: revision ?? before.revision };
      if (save.change.kind === "roi") return { ...next, roi: save.change.roi as Image["roi"] };
      const { annotations, labelled } = save.change;
      return { ...next, annotations: annotations as Image["annotations"], labelled: labelled || annotations.length > 0 };
    };
    const { image } = this.state;
    if (image?.id === save.image) this.store.set({ image: now(image) });
    this.hearers.known(save.image, now);
  }

  private lost(saves: readonly Waiting[], why: { kind: "conflict" | "refused"; sentence: string }): void {
    const last = saves.at(-1);
    if (last === undefined) return;
    for (const save of saves) this.before.delete(save.number);
    const mine = this.state.image?.id === last.image ? this.state.document : null;
    this.hearers.stale(last.image);
    if (why.kind === "refused" || mine === null) {
      this.hearers.say(`${last.name}: ${why.sentence}`, "bad");
      return;
    }
    this.hearers.say(
      `${last.name} was changed in another window. It is shown as it is there; your last stroke (“${last.title}”) was not stored.`,
      "bad",
      { label: "Put mine in its place", run: () => this.insist(last) },
    );
  }

  /** Store a drawing that was refused because another was faster, over that one. */
  private insist(save: Waiting): void {
    this.saver.add({ image: save.image, name: save.name, title: save.title, change: save.change });
    const { image, document } = this.state;
    if (image?.id === save.image && document !== null) this.store.set({ document: reconciled(document, withSave(document, save)) });
  }
}

/** An image with a change that is on its way. */
function withSave(document: ImageDocument, save: Save): ImageDocument {
  const { change } = save;
  if (change.kind === "roi") return { ...document, roi: change.roi === null ? null : regionFromJson(change.roi) };
  return { ...document, annotations: change.annotations.map(annotationFromJson), labelled: change.labelled };
}

/** Masks are stored without what lies outside of the image; those with nothing left go. */
function clipped(document: ImageDocument): ImageDocument {
  if (document.annotations.every((item) => withinImage(item.region, document) !== null)) return document;
  const annotations = document.annotations.filter((item) => withinImage(item.region, document) !== null);
  return { ...document, annotations };
}

const fingerprint = (item: Annotation): string => JSON.stringify([item.label, item.region.kind === "mask" ? item.region.mask.bounds : item.region]);
