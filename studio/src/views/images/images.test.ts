import { describe, expect, it } from "vitest";

import { click, everything, move, NOTHING, toggle } from "./selection";
import { changed, narrowed, orderOf, whereOf, widened } from "./where";

const ORDER = [11, 12, 13, 14, 15, 16];
const ids = (chosen: { ids: ReadonlySet<number> }) => [...chosen.ids];

describe("choosing images", () => {
  it("makes a range from the last single click", () => {
    const first = click(NOTHING, ORDER, 12);
    expect(ids(first)).toEqual([12]);
    expect(ids(click(first, ORDER, 15, { shift: true }))).toEqual([12, 13, 14, 15]);
    expect(ids(click(click(first, ORDER, 15, { shift: true }), ORDER, 11, { shift: true }))).toEqual([11, 12]);
  });

  it("adds and takes away with Control", () => {
    const two = click(click(NOTHING, ORDER, 12), ORDER, 14, { control: true });
    expect(ids(two)).toEqual([12, 14]);
    expect(ids(toggle(two, 12))).toEqual([14]);
  });

  it("moves with the arrows and stops at the ends", () => {
    expect(move(NOTHING, ORDER, 1).cursor).toBe(11);
    expect(move(click(NOTHING, ORDER, 15), ORDER, 4).cursor).toBe(16);
    expect(move(click(NOTHING, ORDER, 12), ORDER, -9).cursor).toBe(11);
    expect(ids(move(click(NOTHING, ORDER, 12), ORDER, 2, { shift: true }))).toEqual([12, 13, 14]);
    expect(move(NOTHING, [], 1)).toBe(NOTHING);
  });

  it("keeps in mind that all were meant, until one is taken away", () => {
    const all = everything(NOTHING, ORDER);
    expect(all.all).toBe(true);
    expect(toggle(all, 11).all).toBe(false);
    expect(toggle(all, 11).ids.size).toBe(5);
  });
});

describe("the gallery's address", () => {
  const at = (text: string) => new URLSearchParams(text);

  it("says the filter", () => {
    expect(whereOf(at("state=wrong&split=test&label=dent&text=cam%201"))).toEqual({ wrong: true, split: "test", label: "dent", text: "cam 1" });
    expect(whereOf(at("state=unlabelled"))).toEqual({ labelled: false });
  });

  it("is not misled by nonsense", () => {
    expect(whereOf(at("state=constructor&split=all&width=-3&height=x&run=0"))).toEqual({});
    expect(orderOf(at("sort=__proto__&order=sideways"))).toEqual({ sort: "added", order: "up" });
  });

  it("shows the worst first", () => {
    expect(orderOf(at("sort=badness"))).toEqual({ sort: "badness", order: "down" });
    expect(orderOf(at("sort=badness&order=up")).order).toBe("up");
  });

  it("can be narrowed and widened", () => {
    const narrow = changed(at("sort=name"), { state: "wrong", label: "" });
    expect(narrow.toString()).toBe("sort=name&state=wrong");
    expect(narrowed(narrow)).toBe(true);
    expect(widened(narrow).toString()).toBe("sort=name");
    expect(narrowed(widened(narrow))).toBe(false);
  });
});
