// @vitest-environment node
import { describe, expect, it } from "vitest";

import { annotation } from "@/document/annotations";
import { type Place, segmentDistance } from "@/document/geometry";
import { type AreaRegion, boxBetween, maskOf, type Region } from "@/document/regions";

import { area } from "./area";
import { brush, eraser } from "./brush";
import { fill } from "./fill";
import { Trial } from "./trial";

const SIZE = { width: 100, height: 80 };

const pixels = (region: Region | undefined): Set<string> => {
  const found = new Set<string>();
  if (region?.kind !== "mask") return found;
  for (let row = 0; row < SIZE.height; row += 1) {
    for (let column = 0; column < SIZE.width; column += 1) if (region.mask.has(column, row)) found.add(`${column},${row}`);
  }
  return found;
};

const where = (holds: (x: number, y: number) => boolean): Set<string> => {
  const found = new Set<string>();
  for (let row = 0; row < SIZE.height; row += 1) {
    for (let column = 0; column < SIZE.width; column += 1) if (holds(column + 0.5, row + 0.5)) found.add(`${column},${row}`);
  }
  return found;
};

const maskAt = (region: AreaRegion, label: string) => annotation({ kind: "mask", mask: maskOf(region, SIZE) }, label);
const near = (way: readonly Place[], radius: number) => (x: number, y: number) =>
  way.some((a, index) => segmentDistance([x, y], a, way[index + 1] ?? a) <= radius + 1e-9);

describe("the brush", () => {
  it("covers the pixels whose centres it passes over", () => {
    const way: Place[] = [[20.2, 20.8], [60.4, 30.1], [60.9, 50.9]];
    const trial = new Trial(brush).drag(way);
    expect(trial.regions).toHaveLength(1);
    expect(pixels(trial.regions[0])).toEqual(where(near([[20.5, 20.5], [60.5, 30.5], [60.5, 50.5]], 2.5)));
    expect(trial.titles).toEqual(["Paint mask a"]);
  });

  it("is seen while the stroke goes on, and known only when it is over", () => {
    const trial = new Trial(brush).down([20, 20]).move([30, 20]);
    expect(trial.sketch.sheet?.mask().isEmpty).toBe(false);
    expect(trial.commands).toEqual([]);
    trial.hand.cancel();
    expect(trial.regions).toEqual([]);
  });

  it("goes on with the selected mask, or with the one of its class where there is one", () => {
    const trial = new Trial(brush).drag([[20, 20], [30, 20]]).drag([[50, 50], [60, 50]]);
    expect(trial.regions).toHaveLength(1);
    expect(trial.run({ type: "select", ids: [] }).drag([[80, 10], [90, 10]]).regions).toHaveLength(2);
    const semantic = new Trial(brush, { onePerClass: true }).drag([[20, 20], [30, 20]]).run({ type: "select", ids: [] }).drag([[50, 50], [60, 50]]);
    expect(semantic.regions).toHaveLength(1);
    expect(semantic.with({ label: "b" }).drag([[80, 10], [90, 10]]).document.annotations.map((item) => item.label)).toEqual(["a", "b"]);
  });

  it("draws a straight line from its last stroke with Shift", () => {
    const trial = new Trial(brush, { brush: 1 }).click([10.5, 10.5]).click([50.5, 30.5], { shift: true });
    expect(pixels(trial.regions[0])).toEqual(where(near([[10.5, 10.5], [50.5, 30.5]], 0.5)));
  });

  it("fills what a stroke encloses, but not what was a hole before", () => {
    const ring: Place[] = [[20.5, 20.5], [60.5, 20.5], [60.5, 60.5], [20.5, 60.5], [20.5, 20.5]];
    const trial = new Trial(brush, { fill: true }).drag(ring);
    expect(pixels(trial.regions[0]).has("40,40")).toBe(true);
    const open = new Trial(brush).drag(ring).with({ fill: true }).drag([[20.5, 20.5], [30.5, 20.5]]).click([70, 70]);
    expect(pixels(open.regions[0]).has("40,40")).toBe(false);
  });

  it("takes its pixels from other classes where those are kept apart", () => {
    const trial = new Trial(brush, { onePerClass: true, apart: true, round: false, brush: 10 });
    trial.run({ type: "add", annotations: [maskAt(boxBetween([10, 10], [50, 30]), "b"), maskAt(boxBetween([30, 20], [34, 24]), "c")] });
    trial.drag([[32, 0], [32, 60]]);
    const of = (label: string) => pixels(trial.document.annotations.find((item) => item.label === label)?.region);
    expect(of("a")).toEqual(where((x, y) => x > 27 && x < 37 && y < 65));
    expect(of("b")).toEqual(where((x, y) => x > 10 && x < 50 && y > 10 && y < 30 && !(x > 27 && x < 37)));
    expect(of("c").size).toBe(0);
    expect(trial.document.annotations.map((item) => item.label)).toEqual(["b", "a"]);
  });

  it("takes the good label of the image away", () => {
    const trial = new Trial(brush, { goodLabels: ["good"], onePerClass: true }).run({ type: "add", annotations: [annotation({ kind: "whole" }, "good")] });
    expect(trial.drag([[20, 20], [30, 20]]).regions.map((region) => region.kind)).toEqual(["mask"]);
  });
});

describe("the eraser", () => {
  const table = (tool = eraser): Trial =>
    new Trial(tool, { round: false, brush: 4 }).run({
      type: "add",
      annotations: [maskAt(boxBetween([10, 10], [50, 30]), "a"), maskAt(boxBetween([10, 40], [50, 60]), "b")],
    });

  it("takes from the selected mask only, else from all that are shown", () => {
    const trial = table();
    const [first] = trial.document.annotations;
    trial.run({ type: "select", ids: [first?.id ?? ""] }).drag([[30, 0], [30, 80]]);
    expect(pixels(trial.regions[0])).toEqual(where((x, y) => x > 10 && x < 50 && y > 10 && y < 30 && Math.abs(x - 30) > 2));
    expect(pixels(trial.regions[1])).toEqual(where((x, y) => x > 10 && x < 50 && y > 40 && y < 60));
    trial.run({ type: "select", ids: [] }).drag([[30, 0], [30, 80]]);
    expect(pixels(trial.regions[1]).size).toBe(36 * 20);
    const hidden = table().run({ type: "select", ids: [] });
    hidden.hidden.add("b");
    hidden.drag([[30, 0], [30, 80]]);
    expect(pixels(hidden.regions[1]).size).toBe(40 * 20);
  });

  it("removes a mask of which nothing is left, and says nothing where nothing was", () => {
    const trial = new Trial(eraser, { brush: 30 }).run({ type: "add", annotations: [maskAt(boxBetween([10, 10], [14, 14]), "a")] });
    const before = trial.commands.length;
    expect(trial.drag([[70, 70], [80, 70]]).commands).toHaveLength(before);
    expect(trial.click([12, 12]).regions).toEqual([]);
    expect(trial.document.labelled).toBe(true);
  });

  it("is the brush with Alt", () => {
    const trial = table(brush).run({ type: "select", ids: [] }).drag([[30, 0], [30, 80]], { alt: true });
    expect(pixels(trial.regions[0]).size).toBe(36 * 20);
    expect(trial.titles.at(-1)).toBe("Erase 2 objects");
  });
});

describe("areas and fill", () => {
  it("an outline paints its pixels, or erases them with Alt", () => {
    const corners: Place[] = [[10, 10], [60, 10], [60, 50], [10, 50]];
    const trial = corners.reduce((hand, corner) => hand.click(corner), new Trial(area)).key("Enter");
    expect(pixels(trial.regions[0])).toEqual(where((x, y) => x > 10 && x < 60 && y > 10 && y < 50));
    const inner: Place[] = [[20, 20], [40, 20], [40, 40]];
    const [first, ...rest] = inner;
    trial.click(first ?? [0, 0], { alt: true });
    for (const corner of rest) trial.click(corner);
    trial.key("Enter");
    const hole = maskOf({ kind: "polygon", parts: [inner] }, SIZE);
    expect(pixels(trial.regions[0])).toEqual(where((x, y) => x > 10 && x < 60 && y > 10 && y < 50 && !hole.has(Math.floor(x), Math.floor(y))));
  });

  it("a click fills a hole, and with Alt takes a piece away", () => {
    const ring: Place[] = [[20.5, 20.5], [60.5, 20.5], [60.5, 60.5], [20.5, 60.5], [20.5, 20.5]];
    const painted = new Trial(brush).drag(ring).drag([[80, 10], [90, 10]]).document;
    const trial = new Trial(fill, {}, painted).click([40, 40]);
    expect(pixels(trial.regions[0]).has("40,40")).toBe(true);
    expect(trial.titles).toEqual(["Fill mask a"]);
    expect(trial.click([5, 5]).titles).toHaveLength(1);
    trial.click([85, 10], { alt: true });
    expect([pixels(trial.regions[0]).has("85,10"), pixels(trial.regions[0]).has("40,40")]).toEqual([false, true]);
  });
});
