// @vitest-environment node
import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { TOOLS } from "@/tools/toolbox";

import { BINDINGS } from "./keys";

it("the guide tells each key and each tool", () => {
  const guide = readFileSync(new URL("../../../../docs/how-to/label-images.md", import.meta.url), "utf8");
  const told = new Set([...guide.matchAll(/`([^`]+)`/g)].map((each) => each[1]));
  expect(BINDINGS.flatMap((each) => each.combos).filter((combo) => !told.has(combo))).toEqual([]);
  for (const tool of TOOLS) expect(guide).toContain(`| \`${tool.key}\` | ${tool.title} |`);
});
