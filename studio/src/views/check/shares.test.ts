import { describe, expect, it } from "vitest";

import { bordersOf, rowsOf, USUAL, withBorder } from "./shares";

describe("shares of the splits", () => {
  it("always add up to the whole", () => {
    let shares = USUAL;
    for (const [which, to] of [["validation", 50.4], ["test", 90.6], ["validation", 99], ["test", 3], ["validation", -5], ["test", 120]] as const) {
      shares = withBorder(shares, which, to);
      expect(shares.train + shares.validation + shares.test).toBe(100);
      expect(Math.min(shares.train, shares.validation, shares.test)).toBeGreaterThanOrEqual(0);
    }
  });

  it("follow the border that is dragged, and stop at the other", () => {
    expect(withBorder(USUAL, "validation", 60)).toEqual({ train: 60, validation: 25, test: 15 });
    expect(withBorder(USUAL, "validation", 95)).toEqual({ train: 85, validation: 0, test: 15 });
    expect(withBorder(USUAL, "test", 20)).toEqual({ train: 70, validation: 0, test: 30 });
    expect(withBorder(USUAL, "validation", 0).train).toBe(1);
    expect(bordersOf(USUAL)).toEqual({ validation: 70, test: 85 });
  });
});

describe("the distribution", () => {
  const classes = [
    { name: "bar", colour: "#111111" },
    { name: "disc", colour: "#222222" },
  ];

  it("has a row for each class, also for an empty one", () => {
    const rows = rowsOf(classes, { classes: { bar: { train: 3, none: 1 } }, unlabelled_splits: {} });
    expect(rows.map((each) => [each.label, each.total])).toEqual([["bar", 4], ["disc", 0]]);
    expect(rows[0]?.counts).toEqual({ train: 3, validation: 0, test: 0, none: 1 });
  });

  it("shows what is unlabelled, where something is", () => {
    const rows = rowsOf(classes, { classes: {}, unlabelled_splits: { none: 2, test: 1 } });
    expect(rows.at(-1)).toMatchObject({ label: null, total: 3 });
  });
});
