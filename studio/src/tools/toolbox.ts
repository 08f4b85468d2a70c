/** All tools, and which of them a method's labels need. */

import type { RegionKind } from "@/document/regions";

import { area } from "./area";
import { box } from "./box";
import { brush, eraser } from "./brush";
import { fill } from "./fill";
import type { Tool, ToolId } from "./gesture";
import { pan } from "./pan";
import { point } from "./point";
import { polygon } from "./polygon";
import { polyline } from "./polyline";
import { roi } from "./roi";
import { rotatedBox } from "./rotatedBox";
import { select } from "./select";
import { text } from "./text";

export const TOOLS: readonly Tool[] = [select, box, rotatedBox, polygon, polyline, brush, area, fill, eraser, point, text, roi, pan];

export const toolById = (id: ToolId): Tool => TOOLS.find((tool) => tool.id === id) ?? select;

const FOR_KIND: Readonly<Record<RegionKind, readonly ToolId[]>> = {
  whole: [],
  box: ["box"],
  rotated_box: ["rotated_box"],
  polygon: ["polygon"],
  polyline: ["polyline"],
  mask: ["brush", "area", "fill", "eraser"],
  point: ["point"],
};

/** The tools for the kinds that a method learns from, in the order of the strip. */
export function toolsFor(kinds: readonly string[], learnsFrom: string): readonly Tool[] {
  const wanted = new Set<ToolId>(["select", "roi", "pan"]);
  for (const kind of kinds) for (const id of FOR_KIND[kind as RegionKind] ?? []) wanted.add(id);
  if (learnsFrom === "text") wanted.add("text");
  return TOOLS.filter((tool) => wanted.has(tool.id));
}
