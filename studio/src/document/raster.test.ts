// @vitest-environment node
import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { type Place, segmentDistance, type Size } from "./geometry";
import { Mask, type MaskRuns, MaskSheet } from "./mask";
import { brushPlace, type Span, squareStrokeSpans, strokeSpans } from "./raster";
import { maskOf, type RegionJson, regionFromJson, regionToJson } from "./regions";

interface Examples extends Size {
  examples: { region: RegionJson; mask: (MaskRuns & { kind: "mask" }) | null }[];
}

/** The same file holds the server to it: tests/data/test_studio_masks.py. */
const given = JSON.parse(readFileSync(new URL("./masks.json", import.meta.url), "utf8")) as Examples;

const pixels = (draw: (span: Span) => void): Set<string> => {
  const found = new Set<string>();
  draw((row, from, to) => {
    for (let column = from; column < to; column += 1) found.add(`${column},${row}`);
  });
  return found;
};

/** Numbers that look random and are the same in each run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("the pixels of a region", () => {
  it.each(given.examples.map((example, index) => [index, example.region.kind, example] as const))(
    "are those of the server (%i, %s)",
    (_, __, { region, mask }) => {
      const shape = regionFromJson(region);
      if (shape.kind === "polyline") throw new Error("lines cover no pixels here");
      const found = maskOf(shape, given);
      expect(found.isEmpty ? null : { kind: "mask", ...found.toRuns() }).toEqual(mask);
    },
  );

  it("go to JSON and back", () => {
    for (const { region } of given.examples) expect(regionToJson(regionFromJson(region))).toEqual(region);
  });
});

describe("a brush", () => {
  const size = { width: 40, height: 30 };

  it("of one pixel covers the pixel it points at", () => {
    for (const place of [[3.01, 4.99], [3.5, 4.5], [3.99, 4.0]] as const) {
      const at = brushPlace(place, 1);
      expect(pixels((span) => strokeSpans(at, at, 0.5, size, span))).toEqual(new Set(["3,4"]));
    }
  });

  it("of two pixels covers four around the nearest corner", () => {
    const at = brushPlace([5.4, 7.6], 2);
    expect(pixels((span) => strokeSpans(at, at, 1, size, span))).toEqual(new Set(["4,7", "5,7", "4,8", "5,8"]));
  });

  it("covers exactly the pixels whose centres are within its radius of the way", () => {
    const next = dice(5);
    for (let round = 0; round < 200; round += 1) {
      const diameter = 1 + Math.floor(next() * 12);
      const place = (): Place => brushPlace([next() * 50 - 5, next() * 40 - 5], diameter);
      const [a, b] = [place(), place()];
      const found = pixels((span) => strokeSpans(a, b, diameter / 2, size, span));
      const wanted = new Set<string>();
      for (let row = 0; row < size.height; row += 1) {
        for (let column = 0; column < size.width; column += 1) {
          if (segmentDistance([column + 0.5, row + 0.5], a, b) <= diameter / 2 + 1e-9) wanted.add(`${column},${row}`);
        }
      }
      expect(found).toEqual(wanted);
    }
  });

  it("that is square covers whole squares on a straight way", () => {
    const found = pixels((span) => squareStrokeSpans([10, 10], [20, 10], 4, size, span));
    expect(found.size).toBe(14 * 4);
    expect(found.has("8,8")).toBe(true);
    expect(found.has("21,11")).toBe(true);
    expect(found.has("22,11")).toBe(false);
  });

  it("covers the same pixels in either direction, and all that its steps cover", () => {
    const next = dice(9);
    for (let round = 0; round < 60; round += 1) {
      const place = (): Place => brushPlace([next() * 40, next() * 30], 5);
      const [a, b] = [place(), place()];
      const there = pixels((span) => strokeSpans(a, b, 2.5, size, span));
      expect(pixels((span) => strokeSpans(b, a, 2.5, size, span))).toEqual(there);
      for (const end of [a, b]) {
        for (const pixel of pixels((span) => strokeSpans(end, end, 2.5, size, span))) expect(there).toContain(pixel);
      }
    }
  });
});

describe("a sheet", () => {
  it("paints and erases like a set of pixels", () => {
    const size = { width: 700, height: 600 };
    const next = dice(3);
    const sheet = new MaskSheet(size);
    const wanted = new Set<number>();
    for (let round = 0; round < 120; round += 1) {
      const a: Place = [next() * 720 - 10, next() * 620 - 10];
      const b: Place = [a[0] + next() * 80 - 40, a[1] + next() * 80 - 40];
      const covers = next() < 0.6;
      strokeSpans(a, b, 1 + next() * 9, size, (row, from, to) => {
        (covers ? sheet.cover : sheet.uncover)(row, from, to);
        for (let column = from; column < to; column += 1) {
          if (covers) wanted.add(row * size.width + column);
          else wanted.delete(row * size.width + column);
        }
      });
    }
    const mask = sheet.mask();
    expect(mask.area).toBe(wanted.size);
    for (const index of wanted) {
      expect(mask.has(index % size.width, Math.floor(index / size.width))).toBe(true);
    }
    expect(mask.cropped()).toBe(mask);
    expect(Mask.fromRuns(mask.toRuns()).equals(mask)).toBe(true);
  });

  it("begins with a mask and leaves that as it was", () => {
    const before = maskOf({ kind: "box", x1: 2, y1: 2, x2: 6, y2: 5 }, { width: 10, height: 10 });
    const sheet = new MaskSheet({ width: 10, height: 10 }, before);
    sheet.uncover(3, 0, 10);
    sheet.cover(9, 9, 10);
    expect(before.area).toBe(12);
    expect(sheet.mask().area).toBe(12 - 4 + 1);
    expect(sheet.takeDirty()).toEqual({ x1: 0, y1: 3, x2: 10, y2: 10 });
    expect(sheet.takeDirty()).toBeNull();
  });
});
