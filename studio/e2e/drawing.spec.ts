/** Every kind of region is drawn with the mouse on a real server; what is stored is compared pixel by pixel. */
import { addClass, awayFrom, Board, imageIds, pixelsOf, pixelsWhere, type Place, stored, type StoredImage } from "./board";
import { expect, shared as test, type Studio } from "./studio";
import type { APIRequestContext, Page } from "@playwright/test";

const [WIDTH, HEIGHT] = [120, 90];

interface Table {
  board: Board;
  image: number;
  read: () => Promise<StoredImage>;
}

async function table(page: Page, request: APIRequestContext, studio: Studio, method: string, ...classes: string[]): Promise<Table> {
  const folder = await studio.images("drawing", 2, WIDTH, HEIGHT);
  const project = await studio.project(request, `Draw ${method}`, method, folder);
  for (const name of classes) await addClass(request, studio, project, name);
  const board = new Board(page, studio, project);
  const [image = 0] = await imageIds(request, studio, project);
  await board.open();
  return { board, image, read: () => stored(request, studio, project, image) };
}

test("boxes: drawn, resized, moved, nudged, given a class, taken back and done again", async ({ page, request, studio }) => {
  const { board, read } = await table(page, request, studio, "object_detection", "nut", "bolt");
  await board.key("b");
  await board.drag([10, 12], [30, 30], [52, 41]);
  await board.saved();
  const box = { kind: "box", x1: 10, y1: 12, x2: 52, y2: 41 };
  expect((await read()).annotations).toMatchObject([{ region: box, label: "nut", score: null }]);

  await board.drag([52, 41], [60, 50], [70, 60]);
  await expect.poll(async () => (await read()).annotations[0]?.region).toMatchObject({ ...box, x2: 70, y2: 60 });
  await board.key("v");
  await board.drag([30, 30], [33, 33], [36, 38]);
  await expect.poll(async () => (await read()).annotations[0]?.region).toMatchObject({ kind: "box", x1: 16, y1: 20, x2: 76, y2: 68 });
  await board.key("ArrowRight", "Shift+ArrowUp");
  await expect.poll(async () => (await read()).annotations[0]?.region).toMatchObject({ kind: "box", x1: 17, y1: 10, x2: 77, y2: 58 });
  await board.key("2");
  await expect.poll(async () => (await read()).annotations[0]?.label).toBe("bolt");
  await board.key("Control+z", "Control+z");
  await expect.poll(async () => (await read()).annotations[0]).toMatchObject({ label: "nut", region: { x1: 17, y1: 20 } });
  await board.key("Control+y");
  await expect.poll(async () => (await read()).annotations[0]?.region).toMatchObject({ x1: 17, y1: 10 });

  // A second one settles on the side of the first; with Ctrl it does not.
  await board.key("Escape", "b");
  await board.drag([78.2, 40], [90, 60], [100, 70]);
  await expect.poll(async () => (await read()).annotations[1]?.region).toMatchObject({ x1: 77, y1: 40, x2: 100, y2: 70 });
  await board.key("Delete");
  await expect.poll(async () => (await read()).annotations.length).toBe(1);
});

test("oriented boxes: one side, then the reach across; turned by the handle", async ({ page, request, studio }) => {
  const { board, read } = await table(page, request, studio, "oriented_detection", "screw");
  await board.key("o");
  await board.click([20, 30], [60, 60], [54, 68]);
  await board.saved();
  // The side is 50 long at atan2(30, 40); (54, 68) is 10 across it.
  await expect.poll(async () => (await read()).annotations[0]?.region.kind).toBe("rotated_box");
  const { region, attributes } = (await read()).annotations[0] ?? { region: {}, attributes: {} };
  const { cx, cy, width, height, angle } = region as Record<string, number>;
  expect([cx, cy, width, height]).toEqual([37, 49, 50, 10]);
  expect(angle).toBeCloseTo((Math.atan2(30, 40) * 180) / Math.PI, 4);
  expect(attributes).toEqual({});

  // The round handle stands 26 pixels of the screen beyond the end that the arrow points to.
  const scale = Number(await board.surface.getAttribute("data-scale"));
  const out = 25 + 26 / scale;
  await page.keyboard.down("Shift");
  await board.drag([37 + out * 0.8, 49 + out * 0.6], [37, 30], [37 - 20, 49 + 1]);
  await page.keyboard.up("Shift");
  // To the left: the axis is level, and the direction says which way.
  await expect.poll(async () => (await read()).annotations[0]).toMatchObject({
    region: { kind: "rotated_box", cx: 37, cy: 49, width: 50, height: 10, angle: 0 },
    attributes: { direction: "-180" },
  });
});

test("outlines: corners by clicks, the last one taken back, closed on the first; by hand", async ({ page, request, studio }) => {
  const { board, read } = await table(page, request, studio, "instance_segmentation", "seal");
  await board.key("p");
  await board.click([10, 10], [40, 12], [70, 70], [44, 50]);
  await board.key("Backspace", "Backspace");
  await board.click([44, 50], [8, 40], [10, 10]);
  await board.saved();
  const outline = [[10, 10], [40, 12], [44, 50], [8, 40]];
  expect((await read()).annotations).toMatchObject([{ region: { kind: "polygon", parts: [outline] }, label: "seal" }]);
  // The pixels are those of the rasteriser of sightmill.data: the menu makes a mask of them.
  await page.getByRole("list", { name: "Objects" }).getByRole("button", { name: "More for seal" }).click();
  await page.getByRole("menuitem", { name: "Make a mask of its pixels" }).click();
  await expect.poll(async () => (await read()).annotations[0]?.region.kind).toBe("mask");
  const inside = (x: number, y: number): boolean => {
    let odd = false;
    for (const [index, [x2 = 0, y2 = 0]] of outline.entries()) {
      const [x1 = 0, y1 = 0] = outline.at(index - 1) ?? [];
      if (y1 <= y !== y2 <= y && x1 + ((y - y1) * (x2 - x1)) / (y2 - y1) <= x) odd = !odd;
    }
    return odd;
  };
  expect(pixelsOf((await read()).annotations[0]?.region ?? { kind: "mask" })).toEqual(pixelsWhere(WIDTH, HEIGHT, inside));

  // By hand: every place of the way is within a pixel and a half of the outline that is kept.
  await board.key("Escape", "p");
  const way: Place[] = Array.from({ length: 41 }, (_, index) => {
    const turn = (index / 40) * 2 * Math.PI;
    return [90 + 18 * Math.cos(turn), 45 + 24 * Math.sin(turn)];
  });
  await board.drag(...way);
  await expect.poll(async () => (await read()).annotations.length).toBe(2);
  const kept = (await read()).annotations[1]?.region as unknown as { kind: string; parts: Place[][] };
  expect(kept.kind).toBe("polygon");
  const [part = []] = kept.parts;
  expect(part.length).toBeGreaterThan(8);
  expect(part.length).toBeLessThan(41);
  for (const [x, y] of way) expect(awayFrom([...part, ...part.slice(0, 1)], x, y)).toBeLessThan(1.5);
});

test("lines: open, ended with Enter, or by clicking the last corner; a corner pulled out and moved", async ({ page, request, studio }) => {
  const { board, read } = await table(page, request, studio, "edge_extraction", "edge");
  await board.key("j");
  await board.click([10, 20], [50, 20], [80, 60]);
  await board.key("Enter");
  await board.saved();
  expect((await read()).annotations).toMatchObject([{ region: { kind: "polyline", parts: [[[10, 20], [50, 20], [80, 60]]] }, label: "edge" }]);
  await board.drag([30, 20], [30, 30], [31, 34]);
  await expect.poll(async () => (await read()).annotations[0]?.region.parts).toEqual([[[10, 20], [31, 34], [50, 20], [80, 60]]]);
  await board.key("Escape", "j");
  await board.click([100, 10], [105, 70], [105, 70]);
  await expect.poll(async () => (await read()).annotations[1]?.region.parts).toEqual([[[100, 10], [105, 70]]]);
});

test("masks: brush, eraser, enclosed area, filled hole and piece, each pixel", async ({ page, request, studio }) => {
  const { board, read } = await table(page, request, studio, "semantic_segmentation", "rust", "dent");
  const mask = async (label: string) => pixelsOf((await read()).annotations.find((item) => item.label === label)?.region ?? { kind: "mask", x: 0, y: 0, width: 1, runs: [] });
  await board.key("m");
  await page.getByRole("slider", { name: "Size of the brush, pixels" }).fill("5");
  const ring: Place[] = [[20.5, 20.5], [60.5, 20.5], [60.5, 60.5], [20.5, 60.5], [20.5, 20.5]];
  await board.drag(...ring);
  await board.saved();
  const painted = pixelsWhere(WIDTH, HEIGHT, (x, y) => awayFrom(ring, x, y) <= 2.5 + 1e-9);
  expect(await mask("rust")).toEqual(painted);

  // Into the hole.
  await board.key("f");
  await board.click([40.5, 40.5]);
  const whole = pixelsWhere(WIDTH, HEIGHT, (x, y) => awayFrom(ring, x, y) <= 2.5 + 1e-9 || (x > 20 && x < 60 && y > 20 && y < 60));
  await expect.poll(async () => (await mask("rust")).size).toBe(whole.size);
  expect(await mask("rust")).toEqual(whole);

  // Straight through it, square.
  await board.key("e");
  await page.getByRole("radio", { name: "Square" }).click();
  await page.getByRole("slider", { name: "Size of the brush, pixels" }).fill("4");
  await board.drag([40, 5], [40, 85]);
  const cut = new Set([...whole].filter((pixel) => Math.abs(Number(pixel.split(",")[0]) + 0.5 - 40) > 2));
  await expect.poll(async () => (await mask("rust")).size).toBe(cut.size);
  expect(await mask("rust")).toEqual(cut);

  // The right half goes with one click.
  await board.key("f");
  await page.keyboard.down("Alt");
  await board.click([55.5, 40.5]);
  await page.keyboard.up("Alt");
  const left = new Set([...cut].filter((pixel) => Number(pixel.split(",")[0]) < 40));
  await expect.poll(async () => (await mask("rust")).size).toBe(left.size);
  expect(await mask("rust")).toEqual(left);

  // Another class takes the pixels that both would have.
  await board.key("Escape", "2", "l");
  await board.click([30, 30], [100, 30], [100, 50], [30, 50], [30, 30]);
  const dent = pixelsWhere(WIDTH, HEIGHT, (x, y) => x > 30 && x < 100 && y > 30 && y < 50);
  await expect.poll(async () => (await mask("dent")).size).toBe(dent.size);
  expect(await mask("dent")).toEqual(dent);
  expect(await mask("rust")).toEqual(new Set([...left].filter((pixel) => !dent.has(pixel))));
});

test("points, a region of interest and a text box", async ({ page, request, studio }) => {
  const { board, read } = await table(page, request, studio, "point_location", "pin");
  await board.key("k");
  await board.click([33.2, 44.8]);
  await board.saved();
  await expect.poll(async () => (await read()).annotations).toMatchObject([{ region: { kind: "point", x: 33.5, y: 44.5 }, label: "pin" }]);
  await board.drag([33.5, 44.5], [50, 50], [60.9, 20.1]);
  await expect.poll(async () => (await read()).annotations[0]?.region).toEqual({ kind: "point", x: 60.5, y: 20.5 });

  await board.key("r");
  await board.drag([5, 6], [60, 60], [110, 84]);
  await expect.poll(async () => (await read()).roi).toEqual({ kind: "box", x1: 5, y1: 6, x2: 110, y2: 84 });
  await page.getByRole("checkbox", { name: "Free outline" }).check();
  await board.key("Escape");
  await board.click([10, 10], [100, 10], [50, 80]);
  await board.key("Enter");
  await expect.poll(async () => (await read()).roi).toEqual({ kind: "polygon", parts: [[[10, 10], [100, 10], [50, 80]]] });
  await board.key("Delete");
  await expect.poll(async () => (await read()).roi).toBeNull();
  expect((await read()).annotations).toHaveLength(1);

  await board.key("t");
  await board.drag([20, 60], [60, 70], [80, 76]);
  await expect(page.getByRole("textbox", { name: "It reads" })).toBeFocused();
  await page.keyboard.type("LOT 42");
  await board.key("Enter");
  await expect.poll(async () => (await read()).annotations[1]).toMatchObject({
    region: { kind: "rotated_box", cx: 50, cy: 68, width: 60, height: 16, angle: 0 },
    text: "LOT 42",
  });
});
