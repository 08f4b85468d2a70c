// @vitest-environment node
import { describe, expect, it } from "vitest";

import { annotation, ROI } from "@/document/annotations";
import { boxBetween, rotatedBox as turnedBox } from "@/document/regions";

import { box } from "./box";
import { point } from "./point";
import { polygon } from "./polygon";
import { polyline } from "./polyline";
import { roi } from "./roi";
import { rotatedBox } from "./rotatedBox";
import { select } from "./select";
import { text } from "./text";
import { Trial } from "./trial";

const add = (trial: Trial, ...items: ReturnType<typeof annotation>[]) => trial.run({ type: "add", annotations: items });

describe("the box", () => {
  it("is drawn by a drag, or by two clicks", () => {
    const trial = new Trial(box).drag([[10.2, 12.4], [30, 30], [52.3, 40.6]]);
    expect(trial.regions).toEqual([boxBetween([10, 12], [52, 41])]);
    expect(trial.document.annotations[0]?.label).toBe("a");
    const clicks = new Trial(box).click([52, 41]);
    expect(clicks.hand.busy).toBe(true);
    expect(clicks.move([30, 20]).sketch.note).toBe("22 × 21 px");
    expect(clicks.click([10, 12]).regions).toEqual([boxBetween([10, 12], [52, 41])]);
  });

  it("is square with Shift and grows from its middle with Alt", () => {
    expect(new Trial(box).drag([[10, 10], [40, 20]], { shift: true }).regions).toEqual([boxBetween([10, 10], [40, 40])]);
    expect(new Trial(box).drag([[50, 40], [60, 45]], { alt: true }).regions).toEqual([boxBetween([40, 35], [60, 45])]);
  });

  it("comes to nothing without an area, and when it is given up", () => {
    expect(new Trial(box).click([10, 10]).click([10, 30]).regions).toEqual([]);
    const trial = new Trial(box).click([10, 10]).key("Backspace");
    expect([trial.hand.busy, trial.commands.length]).toEqual([false, 0]);
    const cancelled = new Trial(box).down([10, 10]).move([30, 30]);
    expect(cancelled.hand.cancel()).toBe(true);
    expect([cancelled.commands.length, cancelled.sketch]).toEqual([0, {}]);
  });

  it("stays within the image, and between pixels when that is wanted", () => {
    expect(new Trial(box).drag([[-9, -4], [140, 90]]).regions).toEqual([boxBetween([0, 0], [100, 80])]);
    expect(new Trial(box, { pixels: false }).drag([[10.25, 12.5], [52.75, 41]]).regions).toEqual([boxBetween([10.25, 12.5], [52.75, 41])]);
  });

  it("settles on its neighbours, but not with Ctrl", () => {
    const neighbour = annotation(boxBetween([20, 20], [60, 50]), "b");
    const snaps = add(new Trial(box, { snap: true }), neighbour).run({ type: "select", ids: [] });
    expect(snaps.drag([[62, 53], [90, 70]]).regions.at(-1)).toEqual(boxBetween([60, 50], [90, 70]));
    const free = add(new Trial(box, { snap: true }), neighbour).run({ type: "select", ids: [] });
    expect(free.drag([[66, 53], [90, 70]], { ctrl: true }).regions.at(-1)).toEqual(boxBetween([66, 53], [90, 70]));
  });

  it("that is selected is reshaped by its handles instead", () => {
    const trial = add(new Trial(box), annotation(boxBetween([20, 20], [60, 50]), "b"));
    expect(trial.drag([[60, 35], [70, 38], [80, 40]]).regions).toEqual([boxBetween([20, 20], [80, 50])]);
    expect(trial.titles).toEqual(["Resize box b"]);
    expect(trial.hand.cursorAt([80, 35])).toBe("ew-resize");
  });

  it("takes a good label away from an image", () => {
    const trial = add(new Trial(box, { goodLabels: ["good"] }), annotation({ kind: "whole" }, "good")).drag([[10, 10], [30, 30]]);
    expect(trial.regions).toEqual([boxBetween([10, 10], [30, 30])]);
  });
});

describe("the oriented box", () => {
  it("is drawn by its side and its reach", () => {
    const trial = new Trial(rotatedBox).click([20, 30]).click([60, 60]).move([54, 68]);
    expect(trial.sketch.note).toBe("50 × 10 px, 36.9°");
    expect(trial.click([54, 68]).regions).toMatchObject([{ kind: "rotated_box", cx: 37, cy: 49, width: 50, height: 10 }]);
  });

  it("points the way that its side was drawn", () => {
    const trial = new Trial(rotatedBox).drag([[60, 20], [20, 20]]).click([40, 30]);
    expect(trial.regions).toEqual([turnedBox(40, 25, 40, 10, -180)]);
  });

  it("goes in steps with Shift, and back a step with Backspace", () => {
    const trial = new Trial(rotatedBox).click([20, 20]).click([60, 23], { shift: true }).click([40, 30]);
    expect(trial.regions[0]).toMatchObject({ angle: 0 });
    const again = new Trial(rotatedBox).click([20, 20]).click([60, 20]).key("Backspace").click([20, 60]).click([30, 40]);
    expect(again.regions).toEqual([turnedBox(25, 40, 40, 10, 90)]);
  });
});

describe("the outline", () => {
  it("is closed by a click on its first corner, a double click, or Enter", () => {
    const corners = [[10, 10], [50, 10], [50, 40]] as const;
    const expected = [{ kind: "polygon", parts: [corners] }];
    const clicks = (): Trial => corners.reduce((trial, corner) => trial.click(corner), new Trial(polygon));
    const near = clicks().move([12, 11]);
    expect([near.sketch.closes, near.sketch.line?.at(-1)]).toEqual([true, [10, 10]]);
    expect(near.click([12, 11]).regions).toEqual(expected);
    expect(clicks().down([50, 40], { double: true }).regions).toEqual(expected);
    expect(clicks().key("Enter").regions).toEqual(expected);
  });

  it("gives back its last corners, and takes them again", () => {
    const trial = new Trial(polygon).click([10, 10]).click([50, 10]).click([50, 40]).click([10, 40]);
    trial.key("undo").key("undo").key("redo").key("Enter");
    expect(trial.regions).toEqual([{ kind: "polygon", parts: [[[10, 10], [50, 10], [50, 40]]] }]);
    expect(new Trial(polygon).click([10, 10]).key("Backspace").hand.busy).toBe(false);
  });

  it("needs three corners and an area", () => {
    const two = new Trial(polygon).click([10, 10]).click([50, 10]).key("Enter");
    expect([two.hand.busy, two.regions]).toEqual([true, []]);
    const flat = new Trial(polygon).click([10, 10]).click([50, 10]).click([30, 10]).key("Enter");
    expect([flat.hand.busy, flat.regions]).toEqual([true, []]);
  });

  it("is drawn by hand without corners that say nothing", () => {
    const square = [...Array(40).keys()].map((step): [number, number] => {
      const [side, at] = [Math.floor(step / 10), (step % 10) * 4];
      return ([[10 + at, 10], [50, 10 + at], [50 - at, 50], [10, 50 - at]] as [number, number][])[side] ?? [10, 10];
    });
    const trial = new Trial(polygon).drag([...square, [10, 11]]);
    expect(trial.regions).toEqual([{ kind: "polygon", parts: [[[10, 10], [50, 10], [50, 50], [10, 50], [10, 11]]] }]);
  });

  it("has a corner pulled out of a side, moved, and taken away with Alt", () => {
    const trial = add(new Trial(polygon), annotation({ kind: "polygon", parts: [[[10, 10], [90, 10], [90, 70]]] }, "b"));
    trial.drag([[50, 10], [50, 4], [52, 2]]);
    expect(trial.regions).toEqual([{ kind: "polygon", parts: [[[10, 10], [52, 2], [90, 10], [90, 70]]] }]);
    trial.click([90, 10], { alt: true });
    expect(trial.regions).toEqual([{ kind: "polygon", parts: [[[10, 10], [52, 2], [90, 70]]] }]);
    expect(trial.titles).toEqual(["Reshape outline b", "Take a corner from outline b"]);
  });
});

describe("the line", () => {
  it("stays open, and ends on its last corner or with Enter", () => {
    const trial = new Trial(polyline).click([10, 10]).click([50, 12]).click([50, 40]).click([51, 41]);
    expect(trial.regions).toEqual([{ kind: "polyline", parts: [[[10, 10], [50, 12], [50, 40]]] }]);
    const two = new Trial(polyline).click([10, 10]).click([50, 12]).key("Enter");
    expect(two.regions).toEqual([{ kind: "polyline", parts: [[[10, 10], [50, 12]]] }]);
    const one = new Trial(polyline).click([10, 10]).key("Enter");
    expect([one.hand.busy, one.regions]).toEqual([true, []]);
  });

  it("may come back to where it began without closing", () => {
    const trial = new Trial(polyline).click([10, 10]).click([50, 10]).click([50, 40]).click([10, 10]).key("Enter");
    expect(trial.regions).toEqual([{ kind: "polyline", parts: [[[10, 10], [50, 10], [50, 40], [10, 10]]] }]);
  });
});

describe("the point", () => {
  it("is set in the middle of a pixel, or where the hand is", () => {
    expect(new Trial(point).click([33.2, 44.8]).regions).toEqual([{ kind: "point", x: 33.5, y: 44.5 }]);
    expect(new Trial(point, { pixels: false }).click([33.21, 44.87]).regions).toEqual([{ kind: "point", x: 33.21, y: 44.87 }]);
  });

  it("is moved when it is there, and a second one of the class set beside", () => {
    const trial = new Trial(point).click([30.5, 30.5]).drag([[31, 30], [50, 50], [60, 20]]);
    expect(trial.regions).toEqual([{ kind: "point", x: 60.5, y: 20.5 }]);
    expect(trial.click([10, 10]).regions).toHaveLength(2);
  });
});

describe("text and the region of interest", () => {
  it("a text box waits for its reading", () => {
    const trial = new Trial(text).drag([[20, 60], [80, 76]]);
    expect(trial.document.annotations).toMatchObject([{ region: turnedBox(50, 68, 60, 16, 0), text: "" }]);
  });

  it("the region of interest is one, drawn anew or changed by its handles", () => {
    const trial = new Trial(roi).drag([[5, 6], [90, 70]]);
    expect([trial.document.roi, trial.document.selection]).toEqual([boxBetween([5, 6], [90, 70]), [ROI]]);
    expect(trial.drag([[90, 70], [80, 60]]).document.roi).toEqual(boxBetween([5, 6], [80, 60]));
    expect(trial.document.labelled).toBe(false);
    trial.with({ roiOutline: true }).run({ type: "select", ids: [] }).click([30, 30]).click([60, 30]).click([60, 50]).key("Enter");
    expect(trial.document.roi).toEqual({ kind: "polygon", parts: [[[30, 30], [60, 30], [60, 50]]] });
  });
});

describe("selecting", () => {
  const [large, small, far] = [
    annotation(boxBetween([10, 10], [60, 60]), "a"),
    annotation(boxBetween([20, 20], [40, 40]), "b"),
    annotation(boxBetween([70, 10], [90, 30]), "c"),
  ] as const;
  const trial = (): Trial => {
    const hand = add(new Trial(select), large, small, far).run({ type: "select", ids: [] });
    hand.scale = 4;
    return hand;
  };

  it("takes the smallest, and with a second click what lies below", () => {
    const hand = trial().click([30, 25]);
    expect(hand.document.selection).toEqual([small.id]);
    expect(hand.click([30, 25]).document.selection).toEqual([large.id]);
    expect(hand.click([97, 77]).document.selection).toEqual([]);
  });

  it("takes several with Shift or a frame", () => {
    const hand = trial().click([30, 25]).click([80, 20], { shift: true });
    expect(hand.document.selection).toEqual([small.id, far.id]);
    expect(hand.click([30, 25], { shift: true }).document.selection).toEqual([far.id]);
    expect(trial().drag([[95, 5], [65, 35]]).document.selection).toEqual([far.id]);
  });

  it("moves what is selected, by whole pixels and never out of the image", () => {
    const hand = trial().click([30, 25]).drag([[30, 35], [34.4, 36], [35.3, 38.2]]);
    expect(hand.document.annotations[1]?.region).toEqual(boxBetween([25, 23], [45, 43]));
    expect(hand.titles.at(-1)).toBe("Move box b");
    expect(trial().drag([[80, 20], [140, 20]]).document.annotations[2]?.region).toEqual(boxBetween([80, 10], [100, 30]));
    expect(trial().drag([[80, 20], [75, 60]], { shift: true }).document.annotations[2]?.region).toEqual(boxBetween([70, 50], [90, 70]));
  });

  it("moves a small object by its middle, between its handles", () => {
    const hand = trial().click([30, 30]);
    hand.scale = 1;
    expect(hand.drag([[30, 30], [40, 30], [50, 30]]).document.annotations[1]?.region).toEqual(boxBetween([40, 20], [60, 40]));
    expect(hand.drag([[64, 44], [70, 50]]).document.annotations[1]?.region).toEqual(boxBetween([40, 20], [70, 50]));
  });

  it("does not see what is hidden", () => {
    const hand = trial();
    hand.hidden.add("b");
    expect(hand.click([30, 25]).document.selection).toEqual([large.id]);
  });
});
