// @vitest-environment node
import { describe, expect, it } from "vitest";

import {
  annotation,
  annotationFromJson,
  annotationToJson,
  changed,
  emptyDocument,
  nudge,
  reconciled,
  ROI,
  sameTruth,
  titleOf,
  turn,
} from "./annotations";
import { classByKey, inkOn } from "./classes";
import { boxAlong, dragged, handlesOf, insertedCorner, withoutCorner } from "./handles";
import { neighbour, pick, pickHandle, pickWithin } from "./picking";
import { areaOf, boxBetween, lengthOf, type PolygonRegion, rotatedBox } from "./regions";
import { snapped, snappedBounds, targetsOf } from "./snapping";

const empty = emptyDocument({ width: 100, height: 80 });
const box = (x1: number, y1: number, x2: number, y2: number, label = "a") => annotation(boxBetween([x1, y1], [x2, y2]), label);
const FREE = { symmetric: false, steady: false };

describe("commands", () => {
  it("add, change and remove without touching what was", () => {
    const item = box(1, 2, 11, 12);
    const one = changed(empty, { type: "add", annotations: [item] });
    expect(empty.annotations).toEqual([]);
    expect(one.labelled).toBe(true);
    expect(one.selection).toEqual([item.id]);
    const named = changed(one, { type: "relabel", ids: [item.id], label: "b" });
    expect(one.annotations[0]?.label).toBe("a");
    expect(named.annotations[0]?.label).toBe("b");
    const gone = changed(named, { type: "remove", ids: [item.id] });
    expect(gone.annotations).toEqual([]);
    expect(gone.labelled).toBe(true);
  });

  it("tell nothing marked from nothing known", () => {
    expect(changed(empty, { type: "nothing" }).labelled).toBe(true);
    expect(changed(changed(empty, { type: "nothing" }), { type: "forget" }).labelled).toBe(false);
    expect(sameTruth(empty, changed(empty, { type: "nothing" }))).toBe(false);
    expect(sameTruth(empty, changed(empty, { type: "select", ids: ["x"] }))).toBe(true);
  });

  it("have titles for the history", () => {
    const item = box(0, 0, 5, 5, "scratch");
    const document = changed(empty, { type: "add", annotations: [item] });
    expect(titleOf(empty, { type: "add", annotations: [item] })).toBe("Draw box scratch");
    expect(titleOf(document, { type: "remove", ids: [item.id] })).toBe("Delete box scratch");
    expect(titleOf(document, { type: "roi", roi: null })).toBe("Clear the region of interest");
  });

  it("take a region of interest along with the selection", () => {
    const document = { ...changed(empty, { type: "roi", roi: boxBetween([10, 10], [20, 20]) }), selection: [ROI] };
    const moved = nudge(document, [3, -2]);
    expect(moved).not.toBeNull();
    if (moved !== null) expect(changed(document, moved).roi).toEqual(boxBetween([13, 8], [23, 18]));
    expect(changed(document, { type: "remove", ids: [ROI] }).roi).toBeNull();
  });

  it("push no further than the rim of the image", () => {
    const item = box(2, 0, 12, 10);
    const document = changed(empty, { type: "add", annotations: [item] });
    const moved = nudge(document, [-5, 0]);
    if (moved === null) throw new Error("nothing moved");
    expect(changed(document, moved).annotations[0]?.region).toEqual(boxBetween([0, 0], [10, 10]));
    expect(nudge(document, [0, -1])).toBeNull();
    expect(nudge(empty, [1, 1])).toBeNull();
  });

  it("turn what can be turned", () => {
    const item = annotation(rotatedBox(50, 40, 20, 10, 80), "a");
    const document = changed(empty, { type: "add", annotations: [item] });
    const turned = turn(document, 15);
    if (turned === null) throw new Error("nothing turned");
    expect(changed(document, turned).annotations[0]?.region).toMatchObject({ angle: 95 });
    expect(turn(changed(empty, { type: "add", annotations: [box(0, 0, 1, 1)] }), 15)).toBeNull();
  });
});

describe("what the server sends", () => {
  it("comes back as it was written", () => {
    const given = { region: { kind: "box", x1: 1, y1: 2, x2: 3, y2: 4 } as const, label: "a", score: null, text: "x", attributes: { author: "me" } };
    expect(annotationToJson(annotationFromJson(given))).toEqual(given);
  });

  it("says which way a turned box points where its angle cannot", () => {
    const region = { kind: "rotated_box", cx: 5, cy: 6, width: 4, height: 2, angle: 30 } as const;
    const plain = annotationFromJson({ region, label: "a" });
    expect(annotationToJson(plain)).toMatchObject({ region, attributes: {} });
    const told = annotationFromJson({ region, label: "a", attributes: { direction: "-150", author: "me" } });
    expect(told.region).toMatchObject({ angle: -150 });
    expect(told.attributes).toEqual({ author: "me" });
    expect(annotationToJson(told)).toMatchObject({ region, attributes: { direction: "-150", author: "me" } });

    const half = turn(changed(empty, { type: "add", annotations: [plain] }), 180);
    if (half === null) throw new Error("nothing turned");
    const other = changed(changed(empty, { type: "add", annotations: [plain] }), half);
    expect(sameTruth(other, changed(empty, { type: "add", annotations: [plain] }))).toBe(false);
    expect(annotationToJson(other.annotations[0] ?? plain)).toMatchObject({ region, attributes: { direction: "-150" } });
    // A direction that is not along the box is somebody else's, and stays.
    const across = annotationFromJson({ region, label: "a", attributes: { direction: "77" } });
    expect(annotationToJson(across)).toMatchObject({ region, attributes: { direction: "77" } });
  });

  it("keeps ids and selection of what is the same", () => {
    const [first, second] = [box(0, 0, 5, 5), box(10, 10, 20, 20)];
    const known = { ...changed(empty, { type: "add", annotations: [first, second] }), selection: [second.id] };
    const read = { ...known, selection: [], annotations: [annotationFromJson(annotationToJson(second)), box(30, 30, 40, 40)] };
    const next = reconciled(known, read);
    expect(next.annotations[0]?.id).toBe(second.id);
    expect(next.selection).toEqual([second.id]);
    const without = reconciled(known, { ...read, annotations: [annotationFromJson(annotationToJson(first))] });
    expect(without.selection).toEqual([]);
  });
});

describe("handles", () => {
  it("resize a box from its corner, also across itself", () => {
    const region = boxBetween([10, 10], [30, 20]);
    const corner = pickHandle(region, [30, 20], 2, 1);
    if (corner === null) throw new Error("no handle");
    expect(dragged(region, corner, [40, 50], FREE)).toEqual(boxBetween([10, 10], [40, 50]));
    expect(dragged(region, corner, [5, 5], FREE)).toEqual(boxBetween([5, 5], [10, 10]));
    expect(dragged(region, corner, [40, 12], { symmetric: false, steady: true })).toEqual(boxBetween([10, 10], [40, 25]));
    expect(dragged(region, corner, [40, 25], { symmetric: true, steady: false })).toEqual(boxBetween([0, 5], [40, 25]));
  });

  it("keep the opposite side of a turned box where it is", () => {
    const region = rotatedBox(50, 40, 40, 20, 90);
    const end = handlesOf(region, 1).find((handle) => handle.kind === "side" && handle.across === 1 && handle.down === 0);
    if (end === undefined) throw new Error("no handle");
    expect(end.place[0]).toBeCloseTo(50);
    expect(end.place[1]).toBeCloseTo(60);
    expect(dragged(rotatedBox(50, 40, 40, 20, 0), { ...end }, [80, 40], FREE)).toEqual(rotatedBox(55, 40, 50, 20, 0));
    expect(dragged(region, end, [50, 70], FREE)).toEqual(rotatedBox(50, 45, 50, 20, 90));
  });

  it("turn a box towards the pointer, in steps with Shift", () => {
    const region = rotatedBox(50, 40, 40, 20, 0);
    const handle = handlesOf(region, 1).find((each) => each.kind === "turn");
    if (handle === undefined) throw new Error("no handle");
    expect(dragged(region, handle, [50, 80], FREE)).toMatchObject({ angle: 90 });
    expect(dragged(region, handle, [90, 52], { symmetric: false, steady: true })).toMatchObject({ angle: 15 });
  });

  it("draw a turned box along its first side", () => {
    expect(boxAlong([10, 10], [30, 10], [20, 18])).toEqual(rotatedBox(20, 14, 20, 8, 0));
    expect(boxAlong([10, 10], [10, 30], [4, 12])).toEqual(rotatedBox(7, 20, 20, 6, 90));
  });

  it("give an outline corners and take them away", () => {
    const region: PolygonRegion = { kind: "polygon", parts: [[[0, 0], [10, 0], [10, 10]]] };
    const four = insertedCorner(region, 0, 2, [0, 10]);
    expect(four.parts[0]).toEqual([[0, 0], [10, 0], [10, 10], [0, 10]]);
    expect(withoutCorner(four, 0, 3)).toEqual(region);
    expect(withoutCorner(region, 0, 0)).toBeNull();
  });
});

describe("open lines", () => {
  const line = annotation({ kind: "polyline", parts: [[[10, 10], [30, 10], [30, 40]]] }, "edge");
  const document = changed(empty, { type: "add", annotations: [line] });

  it("are taken hold of along their segments, not across their ends", () => {
    expect(pick(document, [30.5, 25], 2)).toEqual([line.id]);
    expect(pick(document, [20, 25], 2)).toEqual([]);
    expect(pick(document, [25, 20], 3)).toEqual([]);
  });

  it("have a length and no area, and go to JSON and back", () => {
    if (line.region.kind !== "polyline") throw new Error("no line");
    expect(lengthOf(line.region)).toBe(50);
    expect(areaOf(line.region, empty)).toBe(0);
    expect(annotationToJson(annotationFromJson(annotationToJson(line)))).toEqual(annotationToJson(line));
  });

  it("have corners to move, to pull out and to take away, down to two", () => {
    if (line.region.kind !== "polyline") throw new Error("no line");
    const { region } = line;
    expect(handlesOf(region, 0.1).map((handle) => handle.kind)).toEqual(["edge", "edge", "corner", "corner", "corner"]);
    expect(insertedCorner(region, 0, 0, [20, 5]).parts[0]).toHaveLength(4);
    const two = withoutCorner(region, 0, 1);
    expect(two?.parts).toEqual([[[10, 10], [30, 40]]]);
    expect(two === null ? null : withoutCorner(two, 0, 0)).toBeNull();
  });

  it("are settled on at both ends", () => {
    expect(snapped([31, 41], targetsOf(document), 2).place).toEqual([30, 40]);
    expect(snapped([20, 25], targetsOf(document), 2).place).toEqual([20, 25]);
  });
});

describe("picking", () => {
  const outer = box(0, 0, 50, 50);
  const inner = box(10, 10, 20, 20);
  const dot = annotation({ kind: "point", x: 15, y: 15 }, "p");
  const document = changed(empty, { type: "add", annotations: [inner, dot, outer] });

  it("finds points first, then the smallest around", () => {
    expect(pick(document, [15.5, 15], 2)).toEqual([dot.id, inner.id, outer.id]);
    expect(pick(document, [11, 19], 1)).toEqual([inner.id, outer.id]);
    expect(pick(document, [51, 40], 2)).toEqual([outer.id]);
    expect(pick(document, [70, 70], 2)).toEqual([]);
    expect(pick(document, [15, 15], 2, (item) => item.label !== "p")).toEqual([inner.id, outer.id]);
  });

  it("finds all that a frame touches, and the next in reading order", () => {
    expect(new Set(pickWithin(document, { x1: 12, y1: 0, x2: 14, y2: 12 }))).toEqual(new Set([inner.id, outer.id]));
    expect(neighbour({ ...document, selection: [] }, 1)).toBe(outer.id);
    expect(neighbour({ ...document, selection: [outer.id] }, 1)).toBe(inner.id);
    expect(neighbour({ ...document, selection: [outer.id] }, -1)).toBe(dot.id);
  });
});

describe("snapping", () => {
  const document = changed(empty, { type: "add", annotations: [box(20, 30, 60, 50)] });

  it("settles on sides of boxes and of the image, each way by itself", () => {
    const found = snapped([21.5, 1.2], targetsOf(document), 2);
    expect(found.place).toEqual([20, 0]);
    expect(found.guides).toEqual([{ axis: "x", at: 20 }, { axis: "y", at: 0 }]);
    expect(snapped([40, 70], targetsOf(document), 2)).toEqual({ place: [40, 70], guides: [] });
  });

  it("settles on corners and rims of outlines", () => {
    const outline = annotation({ kind: "polygon", parts: [[[70, 10], [90, 10], [90, 30]]] }, "a");
    const targets = targetsOf(changed(empty, { type: "add", annotations: [outline] }));
    expect(snapped([89, 11], targets, 2).place).toEqual([90, 10]);
    expect(snapped([80, 11], targets, 2).place).toEqual([80, 10]);
    expect(snapped([80, 11], targetsOf(changed(empty, { type: "add", annotations: [outline] }), new Set([outline.id])), 2).place).toEqual([80, 11]);
  });

  it("pushes a box by its nearer side", () => {
    expect(snappedBounds({ x1: 61, y1: 0, x2: 70, y2: 8 }, targetsOf(document), 3).way).toEqual([-1, 0]);
  });
});

describe("classes", () => {
  const classes = [
    { name: "a", colour: "#f0e442", hotkey: "5", good: false },
    { name: "b", colour: "#0072b2", hotkey: null, good: false },
  ];

  it("are found by their own key, else by their place", () => {
    expect(classByKey(classes, "5")?.name).toBe("a");
    expect(classByKey(classes, "2")?.name).toBe("b");
    expect(classByKey(classes, "1")).toBeNull();
    expect(classByKey(classes, "")).toBeNull();
  });

  it("have a readable ink", () => {
    expect(inkOn("#f0e442")).toBe("#000000");
    expect(inkOn("#003050")).toBe("#ffffff");
  });
});
