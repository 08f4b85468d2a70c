// @vitest-environment node
import { describe, expect, it, vi } from "vitest";

import { annotation, changed, emptyDocument } from "@/document/annotations";
import type { Place } from "@/document/geometry";
import { Mask } from "@/document/mask";
import { boxBetween } from "@/document/regions";

import { filterFor } from "./grays";
import { MarksLayer, sameMarks } from "./marks";
import type { Painter } from "./painter";
import { MaskPyramid } from "./pyramid";
import { EMPTY_SCENE, isShown, type Scene } from "./scene";
import { type Picture, Tiles, tilesIn } from "./tiles";
import { fitted, levelFor, panned, resized, revealed, seen, toImage, toScreen, type Viewport, zoomed } from "./viewport";

const screen = { width: 800, height: 600 };
const image = { width: 4000, height: 3000 };

describe("the viewport", () => {
  it("goes from the image to the screen and back", () => {
    const view = zoomed(fitted(screen, image), 3.7, [123, 45]);
    for (const place of [[0, 0], [4000, 3000], [17.25, 999.5]] as Place[]) {
      const [x, y] = toImage(view, toScreen(view, place));
      expect(x).toBeCloseTo(place[0], 6);
      expect(y).toBeCloseTo(place[1], 6);
    }
  });

  it("zooms about the pointer, and fits with a margin", () => {
    const view = fitted(screen, image);
    expect(seen(view)).toEqual({ x1: 0, y1: 0, x2: 4000, y2: 3000 });
    const at: Place = [300, 200];
    const before = toImage(view, at);
    const after = toImage(zoomed(view, 2.5, at), at);
    expect(after[0]).toBeCloseTo(before[0], 6);
    expect(after[1]).toBeCloseTo(before[1], 6);
  });

  it("never loses the image, nor its middle when the stage changes", () => {
    const lost = panned(zoomed(fitted(screen, image), 8, [0, 0]), [99_999, -99_999]);
    const { x1, x2, y1, y2 } = seen(lost);
    expect([x2 > x1, y2 > y1]).toEqual([true, true]);
    const view = zoomed(fitted(screen, image), 4, [400, 300]);
    const other = resized(view, { width: 500, height: 500 });
    const [x, y] = toImage(other, [250, 250]);
    const [wantedX, wantedY] = toImage(view, [400, 300]);
    expect(x).toBeCloseTo(wantedX, 6);
    expect(y).toBeCloseTo(wantedY, 6);
  });

  it("moves as little as needed to show a part, and zooms out where it is too large", () => {
    const view = zoomed(fitted(screen, image), 6, [400, 300]);
    const part = { x1: 100, y1: 100, x2: 140, y2: 160 };
    const [x1, y1] = toScreen(revealed(view, part), [part.x1, part.y1]);
    expect([Math.round(x1), Math.round(y1)]).toEqual([24, 24]);
    const all = revealed(view, { x1: 0, y1: 0, x2: 4000, y2: 3000 });
    expect(all.scale).toBeLessThan(view.scale);
    expect(revealed(view, { x1: 2000, y1: 1500, x2: 2010, y2: 1510 })).toEqual(view);
  });

  it("takes the level whose pixels are at least as fine as the screen's", () => {
    expect([2, 1, 0.7, 0.5, 0.3, 0.25, 0.01].map((scale) => levelFor(scale, 4))).toEqual([0, 0, 0, 1, 1, 2, 3]);
  });
});

describe("tiles", () => {
  const picture: Picture = {
    ...image,
    key: "1",
    tileSize: 512,
    levels: [8, 4, 2, 1].map((columns, level) => ({ level, columns, rows: Math.ceil(columns * 0.75), width: 4000 >> level, height: 3000 >> level })),
    address: (level, column, row) => `${String(level)}/${String(column)}/${String(row)}`,
    whole: null,
  };

  it("are those that a part needs, from its middle", () => {
    const found = tilesIn(picture, 0, { x1: 600, y1: 0, x2: 1700, y2: 500 });
    expect(found.map(({ column, row }) => `${String(column)},${String(row)}`)).toEqual(["2,0", "1,0", "3,0"]);
    expect(tilesIn(picture, 3, seen(fitted(screen, image)))).toHaveLength(1);
  });

  it("are fetched a few at a time, given up when they are out of sight, and kept", async () => {
    const asked: string[] = [];
    const given = new Map<string, { signal: AbortSignal; done: () => void }>();
    const load = (url: string, signal: AbortSignal): Promise<ImageBitmap> => {
      asked.push(url);
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        given.set(url, { signal, done: () => resolve({ width: 512, height: 512, close: () => undefined } as ImageBitmap) });
      });
    };
    const arrived = vi.fn();
    const tiles = new Tiles(arrived, load);
    const context = { drawImage: vi.fn() } as unknown as CanvasRenderingContext2D;
    tiles.show(picture);
    const view: Viewport = { scale: 1, x: -1000, y: -1000, screen, image };
    tiles.draw(context, view, 1);
    expect(asked).toHaveLength(6);
    expect(asked[0]).toBe("3/0/0");
    // Elsewhere: what was on its way is given up.
    const elsewhere: Viewport = { ...view, x: -3200, y: -2300 };
    tiles.draw(context, elsewhere, 1);
    expect(given.get("0/2/2")?.signal.aborted).toBe(true);
    expect(given.get("3/0/0")?.signal.aborted).toBe(false);
    for (let round = 0; round < 4; round += 1) {
      for (const each of given.values()) each.done();
      await Promise.resolve();
      await new Promise((done) => setTimeout(done, 0));
    }
    expect(tiles.complete).toBe(true);
    expect(arrived).toHaveBeenCalled();
    const before = asked.length;
    tiles.draw(context, elsewhere, 1);
    expect([asked.length, vi.mocked(context.drawImage).mock.calls.length > 0]).toEqual([before, true]);
  });
});

describe("masks on the screen", () => {
  it("keep every thin mark at every level", () => {
    const bits = new Uint8Array(33 * 21);
    for (const index of [0, 32, 33 * 20, 33 * 10 + 17]) bits[index] = 1;
    const pyramid = new MaskPyramid(new Mask(7, 5, 33, 21, bits));
    for (const number of [1, 2, 3, 4]) {
      const level = pyramid.level(number);
      for (const [x, y] of [[7, 5], [39, 5], [7, 25], [24, 15]] as const) {
        const [column, row] = [Math.floor(x / 2 ** number) - level.x, Math.floor(y / 2 ** number) - level.y];
        expect(level.bits[row * level.width + column]).toBe(1);
      }
      const count = level.bits.reduce((sum, bit) => sum + bit, 0);
      expect(count).toBeLessThanOrEqual(4);
    }
  });

  it("are renewed where they were painted on, as if made anew", () => {
    const mask = new Mask(3, 2, 40, 30, new Uint8Array(1200));
    const pyramid = new MaskPyramid(mask);
    pyramid.level(3);
    mask.bits.fill(1, 410, 425);
    mask.bits[1199] = 1;
    pyramid.renew({ x1: 3, y1: 2, x2: 43, y2: 32 });
    const fresh = new MaskPyramid(mask);
    for (const number of [1, 2, 3]) expect(pyramid.level(number)).toEqual(fresh.level(number));
  });
});

describe("the window of grays", () => {
  it("is shown by a filter until the server's own picture is there", () => {
    expect(filterFor({ low: 0, high: 100 }, { low: 0, high: 100 })).toBe("none");
    const shown = (gray: number, filter: string): number => {
      const [gain = 0, contrast = 0] = [...filter.matchAll(/\(([\d.]+)\)/g)].map((each) => Number(each[1]));
      return (gray * gain - 0.5) * contrast + 0.5;
    };
    const filter = filterFor({ low: 0, high: 1000 }, { low: 200, high: 700 });
    for (const value of [200, 450, 700]) expect(shown(value / 1000, filter)).toBeCloseTo((value - 200) / 500, 3);
  });
});

describe("the layer of marks", () => {
  const document_ = changed(emptyDocument(image), { type: "add", annotations: [annotation(boxBetween([1, 1], [9, 9]), "a")] });
  const scene: Scene = { ...EMPTY_SCENE, document: document_ };
  const canvas = (): HTMLCanvasElement => {
    const context = { setTransform: vi.fn(), clearRect: vi.fn(), drawImage: vi.fn() };
    return { width: 800, height: 600, getContext: () => context } as unknown as HTMLCanvasElement;
  };

  it("is drawn again only when a mark or the view has changed", () => {
    const paintMarks = vi.fn(() => 10);
    const layer = new MarksLayer({ paintMarks } as unknown as Painter);
    const [host, view] = [canvas(), fitted(screen, image)];
    layer.paint(host, view, scene, 1, false);
    layer.paint(host, view, { ...scene, pointer: [5, 5], sketch: { brush: { place: [5, 5], diameter: 3, round: true, erases: false } } }, 1, false);
    expect(paintMarks).toHaveBeenCalledTimes(1);
    layer.paint(host, view, { ...scene, hovered: document_.annotations[0]?.id ?? "" }, 1, false);
    layer.paint(host, zoomed(view, 2, [0, 0]), scene, 1, true);
    expect(paintMarks).toHaveBeenCalledTimes(3);
    expect(layer.sharp).toBe(true);
    expect(sameMarks(scene, { ...scene, sketch: { regions: new Map([["a1", null]]) } })).toBe(false);
  });

  it("moves a picture of many marks along, and draws them sharp at the end", () => {
    const paintMarks = vi.fn(() => 5000);
    const host = canvas();
    vi.stubGlobal("document", { createElement: canvas });
    const layer = new MarksLayer({ paintMarks } as unknown as Painter);
    let view = zoomed(fitted(screen, image), 4, [400, 300]);
    layer.paint(host, view, scene, 1, false);
    for (let step = 0; step < 20; step += 1) {
      view = panned(view, [4, -3]);
      layer.paint(host, view, scene, 1, true);
    }
    // Once at first, once for the picture.
    expect([paintMarks.mock.calls.length, layer.sharp]).toEqual([2, false]);
    layer.paint(host, view, scene, 1, false);
    expect([paintMarks.mock.calls.length, layer.sharp]).toEqual([3, true]);
    layer.paint(host, view, scene, 1, false);
    expect(paintMarks).toHaveBeenCalledTimes(3);
    vi.unstubAllGlobals();
  });

  it("hides what is hidden", () => {
    const [item] = document_.annotations;
    if (item === undefined) throw new Error("nothing there");
    expect(isShown(item, scene.look)).toBe(true);
    expect(isShown(item, { ...scene.look, hidden: true })).toBe(false);
    expect(isShown(item, { ...scene.look, hiddenLabels: new Set(["a"]) })).toBe(false);
  });
});
