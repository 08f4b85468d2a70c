/** How a new region joins the document. */

import { annotation, type Annotation, type Command, titleOf } from "@/document/annotations";
import type { Region } from "@/document/regions";

import type { Context } from "./gesture";

/** Add a region of the class that is drawn. A mark on an image that was called good takes that label away. */
export function added(region: Region, context: Context, more: Partial<Annotation> = {}): readonly Command[] {
  const { document, options } = context;
  const item = annotation(region, options.label, more);
  const remove = contradicted(context);
  const command: Command = { type: "add", annotations: [item] };
  if (remove.length === 0) return [command];
  return [{ type: "replace", remove, add: [item], title: titleOf(document, command) }];
}

/** Ids of the labels "good" that a mark of a defect contradicts. */
export function contradicted({ document, options }: Context): string[] {
  if (options.goodLabels.includes(options.label)) return [];
  return document.annotations
    .filter((item) => item.region.kind === "whole" && options.goodLabels.includes(item.label))
    .map((item) => item.id);
}
