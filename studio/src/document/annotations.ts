/** What is said about an image: the document that the tools change, and the changes themselves. */

import { fullTurn, halfTurn, type Place, type Size } from "./geometry";
import { heldInside, KIND_TITLES, movedBy, type Region, type RegionJson, regionFromJson, regionToJson, sameRegion, turnedBy } from "./regions";

/** A region with a label. The id is this window's own; a score is there while it is only suggested by a model. */
export interface Annotation {
  readonly id: string;
  readonly region: Region;
  readonly label: string;
  readonly text: string | null;
  readonly score: number | null;
  readonly attributes: Readonly<Record<string, string>>;
  /** It is said which way along its box the object points; else only its axis is known. */
  readonly directed: boolean;
}

/** An annotation as the server writes it. */
export interface AnnotationJson {
  region: RegionJson;
  label: string;
  score: number | null;
  text: string | null;
  attributes: Record<string, string>;
}

/** All that is known of one image. Never changed: `changed` makes the next one. */
export interface ImageDocument extends Size {
  readonly annotations: readonly Annotation[];
  /** False while nothing is known; true with no annotations: nothing is in it. */
  readonly labelled: boolean;
  readonly roi: Region | null;
  readonly selection: readonly string[];
}

/** The region of interest is taken hold of like an annotation, by this id. */
export const ROI = "roi";

/** One gesture's change. `title` is what the history calls it. */
export type Command =
  | { readonly type: "add"; readonly annotations: readonly Annotation[]; readonly title?: string }
  | { readonly type: "regions"; readonly regions: ReadonlyMap<string, Region | null>; readonly title: string }
  | { readonly type: "relabel"; readonly ids: readonly string[]; readonly label: string }
  | { readonly type: "read"; readonly id: string; readonly text: string | null }
  | { readonly type: "remove"; readonly ids: readonly string[] }
  | { readonly type: "replace"; readonly remove: readonly string[]; readonly add: readonly Annotation[]; readonly title: string }
  | { readonly type: "nothing" }
  | { readonly type: "forget" }
  | { readonly type: "roi"; readonly roi: Region | null }
  | { readonly type: "select"; readonly ids: readonly string[] };

let counted = 0;

/** An id that no other annotation of this window has. */
export function freshId(): string {
  counted += 1;
  return `a${counted}`;
}

export function annotation(region: Region, label: string, more: Partial<Annotation> = {}): Annotation {
  return { id: freshId(), region, label, text: null, score: null, attributes: {}, directed: false, ...more };
}

export function emptyDocument(size: Size): ImageDocument {
  return { width: size.width, height: size.height, annotations: [], labelled: false, roi: null, selection: [] };
}

/** Which way along its box an object points, degrees; `sightmill.evaluation.angles` reads it. */
const DIRECTION = "direction";

export function annotationFromJson(given: Partial<AnnotationJson> & { region: RegionJson }): Annotation {
  const region = regionFromJson(given.region);
  const more = { text: given.text ?? null, score: given.score ?? null };
  const { [DIRECTION]: direction, ...attributes } = given.attributes ?? {};
  const said = Number.parseFloat(direction ?? "");
  if (region.kind === "rotated_box" && Math.abs(halfTurn(said - region.angle)) < 0.01) {
    return annotation({ ...region, angle: fullTurn(said) }, given.label ?? "", { ...more, attributes, directed: true });
  }
  return annotation(region, given.label ?? "", { ...more, attributes: { ...given.attributes } });
}

const points = ({ region, directed }: Annotation): boolean =>
  region.kind === "rotated_box" && (directed || halfTurn(region.angle) !== region.angle);

/** A box has no front of its own: the direction is written where it was said before, or where the angle of a region cannot say it. */
export function annotationToJson(given: Annotation): AnnotationJson {
  const { region } = given;
  return {
    region: regionToJson(given.region),
    label: given.label,
    score: given.score,
    text: given.text,
    attributes: region.kind === "rotated_box" && points(given) ? { ...given.attributes, [DIRECTION]: String(region.angle) } : { ...given.attributes },
  };
}

/** The document after a command; the same one when nothing is different. */
export function changed(document: ImageDocument, command: Command): ImageDocument {
  switch (command.type) {
    case "select":
      return { ...document, selection: command.ids };
    case "roi":
      return { ...document, roi: command.roi };
    case "nothing":
      return { ...document, annotations: [], labelled: true, selection: [] };
    case "forget":
      return { ...document, annotations: [], labelled: false, selection: [] };
    case "add":
      return told(document, [...document.annotations, ...command.annotations], ids(command.annotations));
    case "replace": {
      const kept = document.annotations.filter((item) => !command.remove.includes(item.id));
      return told(document, [...kept, ...command.add], ids(command.add));
    }
    case "remove": {
      const gone = new Set(command.ids);
      const roi = gone.has(ROI) ? null : document.roi;
      const kept = document.annotations.filter((item) => !gone.has(item.id));
      if (kept.length === document.annotations.length) return { ...document, roi, selection: [] };
      return { ...told(document, kept, []), roi };
    }
    case "relabel":
      return told(
        document,
        document.annotations.map((item) =>
          command.ids.includes(item.id) && item.label !== command.label ? { ...item, label: command.label } : item,
        ),
        document.selection,
      );
    case "read":
      return told(
        document,
        document.annotations.map((item) => (item.id === command.id ? { ...item, text: command.text } : item)),
        document.selection,
      );
    case "regions": {
      const { regions } = command;
      const roi = regions.get(ROI);
      const touched = document.annotations.some((item) => regions.has(item.id));
      const annotations = document.annotations.flatMap((item) => {
        const region = regions.get(item.id);
        if (region === undefined) return [item];
        return region === null ? [] : [{ ...item, region }];
      });
      const selection = document.selection.filter((id) => regions.get(id) !== null);
      const next = touched ? told(document, annotations, selection) : { ...document, selection };
      return roi === undefined ? next : { ...next, roi };
    }
  }
}

/** What the history calls a command. */
export function titleOf(document: ImageDocument, command: Command): string {
  switch (command.type) {
    case "add": {
      const first = command.annotations[0];
      if (command.title !== undefined) return command.title;
      if (first === undefined) return "Add nothing";
      return `Draw ${KIND_TITLES[first.region.kind]}${first.label === "" ? "" : ` ${first.label}`}`;
    }
    case "regions":
    case "replace":
      return command.title;
    case "relabel":
      return `Label ${objects(document, command.ids)} ${command.label}`;
    case "read":
      return command.text === null ? "Clear a reading" : `Read ${command.text}`;
    case "remove":
      return `Delete ${objects(document, command.ids)}`;
    case "nothing":
      return "Nothing to mark";
    case "forget":
      return "Clear the image";
    case "roi":
      return command.roi === null ? "Clear the region of interest" : "Set the region of interest";
    case "select":
      return "Select";
  }
}

/** Whether two documents say the same of the image: what is selected does not count. */
export const sameTruth = (a: ImageDocument, b: ImageDocument): boolean =>
  a.labelled === b.labelled && (a.annotations === b.annotations || sameAnnotations(a.annotations, b.annotations));

export const sameRoi = (a: ImageDocument, b: ImageDocument): boolean =>
  a.roi === b.roi || (a.roi !== null && b.roi !== null && sameRegion(a.roi, b.roi));

export function sameAnnotation(a: Annotation, b: Annotation): boolean {
  return (
    a.label === b.label &&
    a.text === b.text &&
    points(a) === points(b) &&
    JSON.stringify(a.attributes) === JSON.stringify(b.attributes) &&
    sameRegion(a.region, b.region)
  );
}

/** What the server sent, with the ids (and so the selection) of what this window already knew. */
export function reconciled(known: ImageDocument, read: ImageDocument): ImageDocument {
  const free = [...known.annotations];
  const annotations = read.annotations.map((item) => {
    const at = free.findIndex((other) => sameAnnotation(other, item));
    return at < 0 ? item : (free.splice(at, 1)[0] ?? item);
  });
  const there = new Set(annotations.map((item) => item.id));
  if (read.roi !== null) there.add(ROI);
  return { ...read, annotations, selection: known.selection.filter((id) => there.has(id)) };
}

/** The region that an id stands for. */
export const regionOf = (document: ImageDocument, id: string): Region | null =>
  id === ROI ? document.roi : (document.annotations.find((item) => item.id === id)?.region ?? null);

export function selectedRegions(document: ImageDocument): Map<string, Region> {
  const found = new Map<string, Region>();
  for (const id of document.selection) {
    const region = regionOf(document, id);
    if (region !== null) found.set(id, region);
  }
  return found;
}

/** Push what is selected, by no more than keeps all of it in the image; null when nothing would move. */
export function nudge(document: ImageDocument, way: Place): Command | null {
  const selected = selectedRegions(document);
  let held = way;
  for (const region of selected.values()) held = heldInside(region, held, document);
  if (selected.size === 0 || (held[0] === 0 && held[1] === 0)) return null;
  const regions = new Map([...selected].map(([id, region]) => [id, movedBy(region, held)]));
  return { type: "regions", regions, title: `Move ${objects(document, [...selected.keys()])}` };
}

/** Turn what is selected, each about its own middle. */
export function turn(document: ImageDocument, degrees: number): Command | null {
  const regions = new Map<string, Region>();
  for (const [id, region] of selectedRegions(document)) {
    const next = turnedBy(region, degrees);
    if (next !== region) regions.set(id, next);
  }
  if (regions.size === 0) return null;
  return { type: "regions", regions, title: `Turn ${objects(document, [...regions.keys()])}` };
}

/** "box scratch", "3 objects": how a history speaks of annotations. */
export function objects(document: ImageDocument, chosen: readonly string[]): string {
  const only = chosen.length === 1 ? chosen[0] : undefined;
  if (only === ROI) return "the region of interest";
  if (only === undefined) return `${chosen.length} objects`;
  const found = document.annotations.find((item) => item.id === only);
  if (found === undefined) return "1 object";
  return `${KIND_TITLES[found.region.kind]}${found.label === "" ? "" : ` ${found.label}`}`;
}

const ids = (annotations: readonly Annotation[]): string[] => annotations.map((item) => item.id);

function told(document: ImageDocument, annotations: readonly Annotation[], selection: readonly string[]): ImageDocument {
  return { ...document, annotations, labelled: true, selection };
}

function sameAnnotations(a: readonly Annotation[], b: readonly Annotation[]): boolean {
  return a.length === b.length && a.every((item, index) => {
    const other = b[index];
    return other !== undefined && (item === other || sameAnnotation(item, other));
  });
}
