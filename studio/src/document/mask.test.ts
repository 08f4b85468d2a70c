// @vitest-environment node
import { describe, expect, it } from "vitest";

import { enclosed, holes, pieces } from "./flooding";
import { Mask, MaskSheet, spansOf } from "./mask";

/** A mask as it looks. */
function drawn(x: number, y: number, ...rows: string[]): Mask {
  const width = rows[0]?.length ?? 0;
  return new Mask(x, y, width, rows.length, Uint8Array.from([...rows.join("")].map((sign) => (sign === "#" ? 1 : 0))));
}

function shown(mask: Mask): string[] {
  return Array.from({ length: mask.height }, (_, row) =>
    Array.from({ length: mask.width }, (__, column) => (mask.has(mask.x + column, mask.y + row) ? "#" : ".")).join(""),
  );
}

describe("a mask", () => {
  it("is written as run lengths that begin with what is not covered", () => {
    expect(drawn(4, 5, "##.", ".##").toRuns()).toEqual({ x: 4, y: 5, width: 3, height: 2, runs: [0, 2, 2, 2] });
    expect(drawn(0, 0, "..#", "...").toRuns().runs).toEqual([2, 1, 3]);
    expect(Mask.empty.toRuns().runs).toEqual([]);
  });

  it("refuses runs that do not fill it", () => {
    expect(() => Mask.fromRuns({ x: 0, y: 0, width: 2, height: 2, runs: [1, 2] })).toThrow(/do not add up/);
  });

  it("is cropped to what it covers", () => {
    const mask = drawn(10, 20, ".....", "..#..", ".##..", ".....").cropped();
    expect([mask.x, mask.y]).toEqual([11, 21]);
    expect(shown(mask)).toEqual([".#", "##"]);
    expect(drawn(1, 1, "...").cropped().isEmpty).toBe(true);
  });

  it("is the same whatever window it is in", () => {
    expect(drawn(0, 0, "....", ".#..").equals(drawn(1, 1, "#"))).toBe(true);
    expect(drawn(0, 0, "#").equals(drawn(1, 0, "#"))).toBe(false);
  });

  it("loses what lies outside of the image", () => {
    const mask = drawn(-1, -1, "###", "###", "###").clipped({ width: 1, height: 9 });
    expect([mask.x, mask.y, mask.width, mask.height]).toEqual([0, 0, 1, 2]);
    expect(drawn(20, 0, "#").clipped({ width: 10, height: 10 }).isEmpty).toBe(true);
  });

  it("is read as spans in image coordinates", () => {
    expect([...spansOf(drawn(3, 7, "##.#", "....", "####"))]).toEqual([
      [7, 3, 5],
      [7, 6, 7],
      [9, 3, 7],
    ]);
  });

  it("is stamped on a sheet, and out of it", () => {
    const sheet = new MaskSheet({ width: 8, height: 8 }, drawn(1, 1, "####", "####"));
    sheet.stamp(drawn(2, 1, "##"), sheet.uncover);
    sheet.stamp(drawn(6, 7, "####"), sheet.cover);
    expect(shown(sheet.mask())).toEqual(["#..#...", "####...", ".......", ".......", ".......", ".......", ".....##"]);
  });
});

describe("what hangs together", () => {
  const ring = drawn(2, 3, "#####", "#...#", "#.#.#", "#...#", "#####");

  it("are the enclosed pixels, by sides and not by corners", () => {
    expect(shown(holes(ring))).toEqual(["###", "#.#", "###"]);
    expect(holes(drawn(0, 0, ".#.", "#.#", ".#.")).area).toBe(1);
    expect(holes(drawn(0, 0, "###", "#.#", "#.#")).isEmpty).toBe(true);
  });

  it("is the hole under a place", () => {
    expect(enclosed(ring, 3, 4)?.area).toBe(8);
    expect(enclosed(ring, 2, 3)).toBeNull();
    expect(enclosed(drawn(0, 0, "###", "#..", "###"), 1, 1)).toBeNull();
    expect(enclosed(ring, 90, 90)).toBeNull();
  });

  it("are the pieces of a mask, which make it up again", () => {
    const all = pieces(ring);
    expect(all.map((piece) => piece.area)).toEqual([16, 1]);
    expect(all.reduce((sum, piece) => sum + piece.area, 0)).toBe(ring.area);
    expect(pieces(drawn(0, 0, "#.", ".#"))).toHaveLength(2);
    expect(pieces(Mask.empty)).toEqual([]);
  });
});
