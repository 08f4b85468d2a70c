import { describe, expect, it } from "vitest";

import { binned, isUnsure, moved, ratesOf, wrongly } from "./rates";

const images = [
  { score: 10, good: true },
  { score: 55, good: true },
  { score: 50, good: true },
  { score: 45, good: false },
  { score: 90, good: false },
  { score: null, good: false },
  { score: 70, good: null },
];
const at = (t: number, t1: number | null = null, t2: number | null = null) => ({ t, t1, t2 });

describe("thresholds", () => {
  it("call bad what is above T", () => {
    expect(ratesOf(images, at(50))).toEqual({ good: 3, bad: 2, missed: 1, rejected: 1, unsure: 0 });
    expect(ratesOf(images, at(40))).toMatchObject({ missed: 0, rejected: 2 });
    expect(ratesOf(images, at(95))).toMatchObject({ missed: 2, rejected: 0 });
  });

  it("say nothing of images without truth or score", () => {
    expect(wrongly({ score: 70, good: null }, at(50))).toBe(false);
    expect(wrongly({ score: null, good: false }, at(50))).toBe(false);
  });

  it("hold a band of doubt", () => {
    expect(ratesOf(images, at(50, 44, 56)).unsure).toBe(3);
    expect(isUnsure({ score: 50, good: true }, at(50))).toBe(false);
    expect(isUnsure({ score: 60, good: true }, at(50, null, 60))).toBe(true);
  });

  it("stay in order when one is moved", () => {
    expect(moved(at(50, 40, 60), "t", 70)).toEqual(at(70, 40, 70));
    expect(moved(at(50, 40, 60), "t1", 70)).toEqual(at(50, 50, 60));
    expect(moved(at(50, 40, 60), "t2", 10)).toEqual(at(50, 40, 50));
    expect(moved(at(50), "t", 20)).toEqual(at(20));
  });

  it("are seen over bins that hold every score", () => {
    const { good, bad } = binned(images, 0, 100, 10);
    expect(good).toEqual([0, 1, 0, 0, 0, 2, 0, 0, 0, 0]);
    expect(bad[4]).toBe(1);
    expect(bad[9]).toBe(1);
    expect(binned([{ score: 100, good: true }], 0, 100, 4).good).toEqual([0, 0, 0, 1]);
  });
});
