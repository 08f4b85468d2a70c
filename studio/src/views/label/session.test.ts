// @vitest-environment node
import { beforeEach, describe, expect, it } from "vitest";

import type { Image, Prediction } from "@/api";
import { annotation } from "@/document/annotations";
import { boxBetween } from "@/document/regions";

import type { Keep, Outcome, Waiting } from "./saver";
import { type Server, Session } from "./session";

const image = (id: number, more: Partial<Image> = {}): Image =>
  ({ id, name: `part ${String(id)}`, version: "v", revision: 1, width: 100, height: 80, annotations: [], labelled: false, roi: null, ...more }) as unknown as Image;

const box = (x1: number, y1: number, x2: number, y2: number, label = "nut") => annotation(boxBetween([x1, y1], [x2, y2]), label);

/** A server with revisions, that can be away; and the browser's store. */
class Desk implements Server {
  images = new Map<number, Image>();
  sent: Waiting[] = [];
  away = false;
  kept = new Map<number, Waiting>();
  said: string[] = [];
  actions: (() => void)[] = [];
  stale: number[] = [];

  annotate = (save: Waiting): Promise<Outcome> => Promise.resolve(this.take(save));
  roi = this.annotate;

  private take(save: Waiting): Outcome {
    if (this.away) return { kind: "away", sentence: "The studio does not answer." };
    const held = this.images.get(save.image) ?? image(save.image);
    if (save.change.kind === "annotations" && save.revision !== null && save.revision !== held.revision) {
      return { kind: "conflict", sentence: "It was changed in another window." };
    }
    this.sent.push(save);
    const next = { ...held, revision: held.revision + 1 };
    if (save.change.kind === "annotations") Object.assign(next, { annotations: save.change.annotations, labelled: save.change.labelled });
    else Object.assign(next, { roi: save.change.roi });
    this.images.set(save.image, next);
    return { kind: "saved", revision: next.revision };
  }

  keep: Keep = {
    all: () => Promise.resolve([...this.kept.values()]),
    put: (waiting) => Promise.resolve(void this.kept.set(waiting.number, waiting)),
    drop: (number) => Promise.resolve(void this.kept.delete(number)),
  };

  open(): Session {
    return new Session(this, this.keep, {
      known: (id, now) => {
        const cached = this.cache.get(id);
        if (cached !== undefined) this.cache.set(id, now(cached));
      },
      stale: (id) => this.stale.push(id),
      say: (text, _, action) => {
        this.said.push(text);
        if (action !== undefined) this.actions.push(action.run);
      },
    });
  }

  /** What the page keeps of the server's answers. */
  cache = new Map<number, Image>();
}

let desk: Desk;
let session: Session;
beforeEach(() => {
  desk = new Desk();
  session = desk.open();
  for (const id of [1, 2]) {
    desk.images.set(id, image(id));
    desk.cache.set(id, image(id));
  }
  session.adopt(image(1));
});
const regions = (id: number): unknown[] => desk.images.get(id)?.annotations.map((item) => item.region) ?? [];

describe("what is drawn", () => {
  it("is on the screen at once and on the server after each gesture", async () => {
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    expect(session.state.document?.annotations).toHaveLength(1);
    await session.saver.settled();
    expect(desk.sent).toMatchObject([{ image: 1, title: "Draw box nut", revision: 1, change: { labelled: true } }]);
    session.run([{ type: "select", ids: [] }]);
    await session.saver.settled();
    expect(desk.sent).toHaveLength(1);
    expect(desk.kept.size).toBe(0);
  });

  it("is not lost when the next image was already asked for, and this one comes back from what the page kept", async () => {
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    session.adopt(image(2));
    await session.saver.settled();
    session.adopt(desk.cache.get(1) ?? image(1));
    expect(session.state.document?.annotations).toHaveLength(1);
    session.run([{ type: "add", annotations: [box(20, 20, 30, 30)] }]);
    await session.saver.settled();
    expect(regions(1)).toMatchObject([{ x1: 1 }, { x1: 20 }]);
  });

  it("is never drawn on an answer from before the last save", async () => {
    const before = image(1);
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    session.adopt(image(2));
    await session.saver.settled();
    session.adopt(before);
    expect([session.state.image?.id, desk.stale]).toEqual([2, [1]]);
    session.adopt(desk.images.get(1) ?? before);
    expect([session.state.image?.id, session.state.document?.annotations.length]).toEqual([1, 1]);
  });

  it("keeps selection and later strokes when the server's own copy arrives", async () => {
    const item = box(1, 2, 11, 12);
    session.run([{ type: "add", annotations: [item] }]);
    await session.saver.settled();
    session.adopt(desk.images.get(1) ?? image(1));
    expect(session.state.document?.selection).toEqual([item.id]);
  });
});

describe("a server that does not answer", () => {
  it("gets everything later, in order, also from the next page", async () => {
    desk.away = true;
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    session.run([{ type: "add", annotations: [box(20, 20, 30, 30)] }]);
    session.run([{ type: "roi", roi: boxBetween([0, 0], [50, 50]) }]);
    await expect.poll(() => session.state.trouble).not.toBeNull();
    expect([session.state.waiting, desk.kept.size]).toEqual([3, 3]);
    session.close();
    desk.away = false;
    const next = desk.open();
    expect(await next.saver.restore()).toHaveLength(3);
    await next.saver.settled();
    expect(regions(1)).toMatchObject([{ x1: 1 }, { x1: 20 }]);
    expect(desk.images.get(1)?.roi).toMatchObject({ x2: 50 });
    expect(desk.kept.size).toBe(0);
  });

  it("lets the last stroke be taken back here", async () => {
    desk.away = true;
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    session.run([{ type: "add", annotations: [box(20, 20, 30, 30)] }]);
    await expect.poll(() => session.state.trouble).not.toBeNull();
    expect(session.takeBack()).toBe(true);
    expect(session.state.document?.annotations).toHaveLength(1);
    desk.away = false;
    session.saver.retry();
    await expect.poll(() => session.state.waiting).toBe(0);
    expect(regions(1)).toHaveLength(1);
    expect(session.takeBack()).toBe(false);
  });
});

describe("another window", () => {
  it("that was faster is told of, and can be overruled", async () => {
    desk.images.set(1, image(1, { revision: 7, annotations: [{ region: { kind: "box", x1: 50, y1: 50, x2: 60, y2: 60 }, label: "bolt" }] as Image["annotations"] }));
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    await session.saver.settled();
    expect(desk.said[0]).toContain("changed in another window");
    session.adopt(desk.images.get(1) ?? image(1));
    expect(session.state.document?.annotations[0]?.label).toBe("bolt");
    desk.actions[0]?.();
    await session.saver.settled();
    expect(regions(1)).toMatchObject([{ x1: 1 }]);
  });
});

describe("labels of the whole image", () => {
  it("are one of several, or any number", async () => {
    session.labelWhole("good", false);
    session.labelWhole("dent", false);
    await session.saver.settled();
    expect(desk.images.get(1)?.annotations).toMatchObject([{ region: { kind: "whole" }, label: "dent" }]);
    session.labelWhole("rust", true);
    session.labelWhole("dent", true);
    expect(session.state.document?.annotations.map((item) => item.label)).toEqual(["rust"]);
  });

  it("good takes the marks of defects away", () => {
    session.options({ goodLabels: ["good"] });
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12, "dent")] }]);
    session.labelWhole("good", false);
    expect(session.state.document?.annotations).toMatchObject([{ region: { kind: "whole" }, label: "good" }]);
  });
});

describe("copies", () => {
  it("come from the image before, without what is there already", () => {
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    const other = image(2, {
      annotations: [
        { region: { kind: "box", x1: 1, y1: 2, x2: 11, y2: 13 }, label: "nut" },
        { region: { kind: "box", x1: 40, y1: 40, x2: 60, y2: 60 }, label: "nut" },
      ] as Image["annotations"],
    });
    session.copyFrom(other);
    expect(session.state.document?.annotations.map((item) => item.region)).toMatchObject([{ x1: 1 }, { x1: 40 }]);
    session.copyFrom(other);
    expect(desk.said.at(-1)).toContain("nothing on part 2");
  });

  it("are pasted into another image", () => {
    session.run([{ type: "add", annotations: [box(1, 2, 11, 12)] }]);
    expect(session.copy()).toBe(1);
    session.adopt(image(2));
    session.paste();
    expect(session.state.document?.annotations.map((item) => item.region)).toEqual([boxBetween([1, 2], [11, 12])]);
  });
});

describe("suggestions", () => {
  const prediction = (of = 1): Prediction =>
    ({
      image: of,
      run: 3,
      label: null,
      score: null,
      heatmap: null,
      annotations: [
        { region: { kind: "box", x1: 1, y1: 2, x2: 11, y2: 12 }, label: "nut", score: 0.9 },
        { region: { kind: "box", x1: 40, y1: 40, x2: 60, y2: 60 }, label: "bolt", score: 0.6 },
        { region: { kind: "polyline", parts: [[[5, 70], [90, 70]]] }, label: "edge", score: 0.5 },
      ],
    }) as unknown as Prediction;

  it("are accepted as truth, one after the other, and stored without a score", async () => {
    session.suggest(prediction());
    expect(session.open).toHaveLength(3);
    const [first, second] = session.open;
    session.accept([first?.id ?? ""]);
    expect(session.state.chosen).toBe(second?.id);
    session.accept(session.open.map((item) => item.id));
    await session.saver.settled();
    expect(desk.images.get(1)?.annotations).toMatchObject([{ label: "nut", score: null }, { label: "bolt", score: null }, { label: "edge", score: null }]);
    expect(session.open).toEqual([]);
  });

  it("are answered by what they became, also when that is corrected", () => {
    session.suggest(prediction());
    session.accept([session.open[0]?.id ?? ""]);
    const [item] = session.state.document?.annotations ?? [];
    session.run([{ type: "relabel", ids: [item?.id ?? ""], label: "washer" }]);
    session.run([{ type: "regions", regions: new Map([[item?.id ?? "", boxBetween([30, 2], [40, 12])]]), title: "Move" }]);
    expect(session.open.map((each) => each.label)).toEqual(["bolt", "edge"]);
    session.run([{ type: "remove", ids: [item?.id ?? ""] }]);
    expect(session.open.map((each) => each.label)).toEqual(["nut", "bolt", "edge"]);
  });

  it("stay rejected, and say nothing of what is labelled already", () => {
    session.run([{ type: "add", annotations: [box(2, 2, 12, 12)] }]);
    session.suggest(prediction());
    expect(session.open.map((item) => item.label)).toEqual(["bolt", "edge"]);
    session.reject(session.open[0]?.id ?? "");
    session.suggest(prediction());
    expect(session.open.map((item) => item.label)).toEqual(["edge"]);
    session.suggest(prediction(2));
    expect(session.open).toEqual([]);
  });
});
