/** Masks under the brush: which one a stroke goes on with, and what it becomes. */

import { annotation, type Annotation, type Command, objects } from "@/document/annotations";
import { holes } from "@/document/flooding";
import { meet } from "@/document/geometry";
import { Mask, MaskSheet } from "@/document/mask";
import type { Region } from "@/document/regions";

import { contradicted } from "./adding";
import type { Context } from "./gesture";

type MaskAnnotation = Annotation & { readonly region: { readonly kind: "mask"; readonly mask: Mask } };

const isMask = (item: Annotation): item is MaskAnnotation => item.region.kind === "mask";

/** The mask that painting goes on with: the selected one, or the class's own where a class has one. */
export function goesOnWith({ document, options, shown }: Context): MaskAnnotation | null {
  const masks = document.annotations.filter(isMask).filter(shown);
  const selected = masks.filter((item) => document.selection.includes(item.id));
  const only = selected.length === 1 ? selected[0] : undefined;
  if (only !== undefined && (only.label === options.label || !options.onePerClass)) return only;
  if (!options.onePerClass) return null;
  return masks.find((item) => item.label === options.label) ?? null;
}

/** The masks that the eraser takes from: those selected, else all that are shown. */
export function erasable({ document, shown }: Context): MaskAnnotation[] {
  const masks = document.annotations.filter(isMask).filter(shown);
  const selected = masks.filter((item) => document.selection.includes(item.id));
  return selected.length > 0 ? selected : masks;
}

/** What painting leaves: `sheet` goes on with `before`, or is a new object. */
export function painted(sheet: MaskSheet, before: MaskAnnotation | null, context: Context, verb = "Paint"): readonly Command[] {
  const { document, options } = context;
  let mask = sheet.mask();
  if (options.fill && verb === "Paint") mask = filled(mask, before?.region.mask ?? Mask.empty, sheet);
  if (before === null) {
    if (mask.isEmpty) return [];
    const item = annotation({ kind: "mask", mask }, options.label);
    const cut = takenFromOthers(mask, item, context);
    const remove = contradicted(context);
    const title = `Paint mask ${options.label}`.trim();
    const add: Command =
      remove.length === 0
        ? { type: "add", annotations: [item], title }
        : { type: "replace", remove, add: [item], title };
    // Both belong to one gesture: the last command has the title, and the selection.
    return cut.size === 0 ? [add] : [{ type: "regions", regions: cut, title }, add];
  }
  if (mask.equals(before.region.mask)) return [];
  const regions = takenFromOthers(mask, before, context);
  regions.set(before.id, mask.isEmpty ? null : { kind: "mask", mask });
  return [
    { type: "regions", regions, title: `${verb} ${objects(document, [before.id])}` },
    { type: "select", ids: mask.isEmpty ? [] : [before.id] },
  ];
}

/** What erasing leaves of each mask that the stroke has touched. */
export function erased(sheets: ReadonlyMap<string, MaskSheet>, context: Context): readonly Command[] {
  const regions = new Map<string, Region | null>();
  for (const item of erasable(context)) {
    const mask = sheets.get(item.id)?.mask();
    if (mask === undefined || mask.equals(item.region.mask)) continue;
    regions.set(item.id, mask.isEmpty ? null : { kind: "mask", mask });
  }
  if (regions.size === 0) return [];
  return [{ type: "regions", regions, title: `Erase ${objects(context.document, [...regions.keys()])}` }];
}

/** Holes that were not there before the stroke are what it encloses. */
function filled(mask: Mask, before: Mask, sheet: MaskSheet): Mask {
  const found = holes(mask);
  if (found.isEmpty) return mask;
  const old = holes(before);
  const fresh = new MaskSheet(sheet.size, found);
  fresh.stamp(old, fresh.uncover);
  fresh.stamp(before, fresh.uncover);
  const whole = new MaskSheet(sheet.size, mask);
  whole.stamp(fresh.mask(), whole.cover);
  return whole.mask();
}

/** Where classes are kept apart: the masks of other classes without the pixels that now belong to this one. */
function takenFromOthers(mask: Mask, owner: Annotation, { document, options, shown }: Context): Map<string, Region | null> {
  const cut = new Map<string, Region | null>();
  if (!options.apart) return cut;
  for (const item of document.annotations.filter(isMask)) {
    if (item.id === owner.id || item.label === owner.label || !shown(item)) continue;
    if (!meet(item.region.mask.bounds, mask.bounds)) continue;
    const sheet = new MaskSheet(document, item.region.mask);
    sheet.stamp(mask, sheet.uncover);
    const rest = sheet.mask();
    if (!rest.equals(item.region.mask)) cut.set(item.id, rest.isEmpty ? null : { kind: "mask", mask: rest });
  }
  return cut;
}
