/** A day's labelling: the keyboard alone, undo, two windows, review, and a server that dies in between. */
import { AxeBuilder } from "@axe-core/playwright";

import { addClass, Board, imageIds, stored } from "./board";
import { expect, test } from "./studio";

test("twelve images are labelled with number keys alone", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Keys", "classification", await studio.images("keys", 12));
  for (const name of ["good", "scratch", "dent"]) await addClass(request, studio, project, name);
  const ids = await imageIds(request, studio, project);
  const board = new Board(page, studio, project);
  await board.open();
  const wanted = ["1", "2", "3", "1", "1", "2", "2", "3", "1", "3", "2", "1"];
  for (const [index, key] of wanted.entries()) {
    // Each label goes on to the next image.
    await expect(page.getByText(`${String(index + 1)} of 12`)).toBeVisible();
    await board.key(key);
  }
  // A row of images longer than the screen leaves the picture its place.
  const [picture, panel] = [await board.surface.boundingBox(), await page.getByRole("complementary", { name: "Labels" }).boundingBox()];
  expect((picture?.x ?? 0) + (picture?.width ?? 0)).toBeLessThanOrEqual(panel?.x ?? 0);
  await expect(page.getByRole("button", { name: "Next unlabelled" })).toBeInViewport({ ratio: 1 });
  await expect(page.getByText("This is the last image.")).toBeVisible();
  await board.saved();
  const names = { "1": "good", "2": "scratch", "3": "dent" } as Record<string, string>;
  for (const [index, id] of ids.entries()) {
    const { annotations, labelled } = await stored(request, studio, project, id);
    expect(labelled).toBe(true);
    expect(annotations).toMatchObject([{ region: { kind: "whole" }, label: names[wanted[index] ?? ""] }]);
  }
  // Back, another label, and cleared; then W goes to what is unlabelled.
  await board.key("a", "0");
  await expect.poll(async () => (await stored(request, studio, project, ids[10] ?? 0)).labelled).toBe(false);
  await board.key("a", "a", "w");
  await expect(page.getByText("11 of 12")).toBeVisible();
  await board.key("2");
  await expect.poll(async () => (await stored(request, studio, project, ids[10] ?? 0)).annotations).toMatchObject([{ label: "scratch" }]);
});

test("boxes and outlines are drawn with the keyboard alone", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Cross", "instance_segmentation", await studio.images("cross", 1));
  await addClass(request, studio, project, "seal");
  const [image = 0] = await imageIds(request, studio, project);
  const board = new Board(page, studio, project);
  await board.open();
  // The cross begins in the middle of the picture; Alt moves it by single pixels.
  await board.key("p", "Enter", "Enter");
  for (let step = 0; step < 9; step += 1) await board.key("Alt+ArrowRight");
  await board.key("Enter");
  for (let step = 0; step < 7; step += 1) await board.key("Alt+ArrowDown");
  await board.key("Enter", "Enter");
  await board.saved();
  await expect.poll(async () => (await stored(request, studio, project, image)).annotations).toMatchObject([
    { region: { kind: "polygon", parts: [[[60, 45], [69, 45], [69, 52]]] }, label: "seal" },
  ]);
  await board.key("Delete", "b", "Enter");
  await board.key("Shift+ArrowLeft", "Enter");
  await expect.poll(async () => (await stored(request, studio, project, image)).annotations.length).toBe(0);
});

test("undo survives a reload, and follows to the image where it was", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Undo", "object_detection", await studio.images("undo", 3));
  const ids = await imageIds(request, studio, project);
  const boxes = async (index: number): Promise<unknown[]> => (await stored(request, studio, project, ids[index] ?? 0)).annotations.map((item) => item.region);
  const board = new Board(page, studio, project);
  await board.open();
  await board.key("b");
  await board.drag([10, 10], [40, 40]);
  await board.drag([60, 10], [90, 40]);
  await board.saved();
  await board.key("d");
  await board.shows(2);
  await board.drag([20, 20], [50, 60]);
  await board.saved();
  expect([(await boxes(0)).length, (await boxes(1)).length]).toEqual([2, 1]);

  await page.reload();
  await board.ready();
  await board.key("Control+z");
  await expect.poll(async () => (await boxes(1)).length).toBe(0);
  await board.key("Control+z");
  await expect(page.getByText("1 of 3")).toBeVisible();
  await expect.poll(async () => (await boxes(0)).length).toBe(1);
  await expect(page.getByRole("list", { name: "Objects" }).getByRole("listitem")).toHaveCount(1);

  await page.reload();
  await board.ready();
  await board.key("Control+y", "Control+y");
  await expect.poll(async () => [(await boxes(0)).length, (await boxes(1)).length]).toEqual([2, 1]);
  expect((await boxes(0))[1]).toEqual({ kind: "box", x1: 60, y1: 10, x2: 90, y2: 40 });
});

test("two windows stay in step", async ({ page, context, request, studio }) => {
  const project = await studio.project(request, "Two", "object_detection", await studio.images("two", 2));
  const [image = 0] = await imageIds(request, studio, project);
  const one = new Board(page, studio, project);
  await one.open();
  const two = new Board(await context.newPage(), studio, project);
  await two.open();
  const listed = (board: Board) => board.page.getByRole("list", { name: "Objects" }).getByRole("listitem");

  await one.key("b");
  await one.drag([10, 10], [40, 40]);
  await expect(listed(two)).toHaveCount(1);
  await two.key("b");
  await two.drag([60, 10], [90, 40]);
  await expect(listed(one)).toHaveCount(2);
  await one.drag([20, 60], [50, 80]);
  await expect(listed(two)).toHaveCount(3);
  expect((await stored(request, studio, project, image)).annotations.map((item) => item.region.x1)).toEqual([10, 60, 20]);

  // Undo in one window takes back what the other drew, and both see it.
  await two.key("Escape", "Control+z");
  await expect(listed(one)).toHaveCount(2);
  await expect(listed(two)).toHaveCount(2);
});

test("the server is killed in the middle of labelling: nothing saved is lost, and what could not be sent is sent", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Kill", "object_detection", await studio.images("kill", 2));
  const [image = 0] = await imageIds(request, studio, project);
  const board = new Board(page, studio, project);
  await board.open();
  await board.key("b");
  const left = (index: number): number => 5 + 12 * index;
  for (let index = 0; index < 4; index += 1) await board.drag([left(index), 10], [left(index) + 8, 40]);
  await board.saved();

  // While saves are under way.
  const killed = studio.kill();
  for (let index = 4; index < 7; index += 1) await board.drag([left(index), 10], [left(index) + 8, 40]);
  await killed;
  await expect(page.getByRole("alert").filter({ hasText: "in this browser" })).toBeVisible();
  await board.drag([left(7), 10], [left(7) + 8, 40]);
  await studio.start();
  const xs = async (): Promise<unknown[]> => (await stored(request, studio, project, image)).annotations.map((item) => item.region.x1);
  const then = await xs();
  expect(then.slice(0, 4)).toEqual([0, 1, 2, 3].map(left));
  await expect.poll(xs, { timeout: 30_000 }).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(left));
  await board.saved();

  // And when the page is closed before the server is there again.
  await studio.kill();
  await board.drag([20, 50], [50, 80]);
  await expect(page.getByRole("alert").filter({ hasText: "in this browser" })).toBeVisible();
  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto("about:blank");
  await studio.start();
  expect((await xs()).length).toBe(8);
  await board.open();
  await expect.poll(async () => (await xs()).length, { timeout: 30_000 }).toBe(9);
});

test("labels are reviewed, copied from the previous image, hidden and shown", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Review", "object_detection", await studio.images("review", 3));
  const ids = await imageIds(request, studio, project);
  const board = new Board(page, studio, project);
  await board.open();
  await board.key("b");
  await board.drag([10, 10], [40, 40]);
  await board.saved();
  await board.key("d", "c");
  await expect.poll(async () => (await stored(request, studio, project, ids[1] ?? 0)).annotations.length).toBe(1);
  await expect(page.getByText("2 of 3")).toBeVisible();
  await board.key("g");
  await expect.poll(async () => (await stored(request, studio, project, ids[1] ?? 0))).toMatchObject({ labelled: true, annotations: [] });

  await board.key("a", "Escape", "Shift+R", "y");
  await expect(page.getByText("2 of 3")).toBeVisible();
  await board.key("u");
  await expect.poll(async () => (await stored(request, studio, project, ids[0] ?? 0)).review).toBe("accepted");
  await expect.poll(async () => (await stored(request, studio, project, ids[1] ?? 0)).review).toBe("rejected");
  // A judged image is drawn on without a conflict.
  await board.key("a", "a", "b");
  await board.shows(1);
  await board.drag([60, 10], [90, 40]);
  await board.saved();
  await expect.poll(async () => (await stored(request, studio, project, ids[0] ?? 0)).annotations.length).toBe(2);

  await board.key("x");
  await expect(page.getByText("Marks are hidden.")).toBeVisible();
  await board.key("x", "?");
  await expect(page.getByRole("dialog", { name: "Keys of the label view" })).toBeVisible();
});

test("the view is accessible, light and dark; the feature size is set on the picture", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Axe", "semantic_segmentation", await studio.images("axe", 4));
  for (const name of ["rust", "dent"]) await addClass(request, studio, project, name);
  const board = new Board(page, studio, project);
  await board.open();
  await board.key("m");
  await board.drag([20, 20], [60, 30]);
  await board.saved();
  const wrong = async (): Promise<string[]> => (await new AxeBuilder({ page }).analyze()).violations.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.html}`));
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await wrong()).toEqual([]);
  }
  await board.key("Shift+R", "?");
  expect(await wrong()).toEqual([]);
  await board.key("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();

  // Tab goes from the tools through the picture to the panel, and the focus is seen everywhere.
  await page.getByRole("button", { name: "Select", exact: true }).focus();
  const seen: string[] = [];
  for (let step = 0; step < 60 && !seen.includes("Name of a new class"); step += 1) {
    await board.key("Tab");
    const found = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === null || at === document.body) return { name: "", ring: true };
      const { outlineStyle, boxShadow } = getComputedStyle(at);
      return { name: at.getAttribute("aria-label") ?? at.textContent ?? "", ring: outlineStyle !== "none" || boxShadow !== "none" };
    });
    expect(found).toMatchObject({ ring: true });
    seen.push(found.name);
  }
  expect(seen).toContain("Name of a new class");
  expect(seen.some((name) => name.startsWith("Picture:"))).toBe(true);

  await board.surface.focus();
  await board.key("q");
  await page.getByRole("slider", { name: "Feature size, pixels" }).fill("48");
  await page.getByRole("button", { name: "Use for training" }).click();
  const settings = async () => ((await (await request.get(`${studio.url}/api/projects/${project}`)).json()) as { settings: Record<string, unknown> }).settings;
  await expect.poll(settings).toMatchObject({ feature_size: 48 });
});

test("images of 16 bits are shown through a window of gray values", async ({ page, request, studio }) => {
  const folder = await studio.images("deep", 1, 120, 90, 16);
  const project = await studio.project(request, "Deep", "object_detection", folder);
  const board = new Board(page, studio, project);
  await board.open();
  // Sixteen bits hold values around 1200 and 2200: without a window all would be black.
  const grays = (): Promise<number[]> =>
    board.surface.locator("canvas").first().evaluate((canvas) => {
      const context = (canvas as HTMLCanvasElement).getContext("2d");
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = context?.getImageData(0, 0, width, height) ?? { data: [] as unknown as Uint8ClampedArray };
      const middle = (Math.floor(height / 2) * width + Math.floor(width / 2)) * 4;
      let most = 0;
      for (let at = 0; at < data.length; at += 4) most = Math.max(most, data[at] ?? 0);
      return [data[middle] ?? 0, most];
    });
  await expect.poll(async () => (await grays())[1]).toBeGreaterThan(200);
  const [, before] = await grays();
  await page.getByRole("button", { name: "Full range" }).click();
  await page.getByRole("slider", { name: "Gray value shown white" }).fill("1300");
  expect(before).toBeGreaterThan(200);
  // Ten times a gray of 120 or a little more, from the darkest there is to 1300.
  await expect.poll(async () => (await grays())[0]).toBe(0);
  await page.getByRole("slider", { name: "Gray value shown white" }).fill("1201");
  await expect.poll(async () => (await grays())[1]).toBe(255);
  await board.key("b");
  await board.drag([10, 10], [40, 40]);
  await board.saved();
});

test("a model's suggestions are accepted, rejected and corrected", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Suggested", "object_detection", await studio.images("suggested", 2));
  for (const name of ["nut", "bolt"]) await addClass(request, studio, project, name);
  const [image = 0] = await imageIds(request, studio, project);
  const said = (x1: number, label: string, score: number) => ({ region: { kind: "box", x1, y1: 10, x2: x1 + 20, y2: 30 }, label, score, text: null, attributes: {} });
  // What a model answers is set here; everything else is the server's.
  await page.route(`**/api/projects/${project}`, async (route) => {
    if (route.request().method() !== "GET") return route.fallback();
    const answer = await route.fetch({ maxRetries: 3 });
    await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), active_run: 1 } });
  });
  const prediction = { image, run: 1, label: null, score: null, badness: null, heatmap: null, heat_low: null, heat_high: null, confidences: {}, flags: {}, values: {}, truth: "", wrong: null };
  await page.route(`**/api/projects/${project}/runs/1/images/*/prediction*`, (route) =>
    route.fulfill({ json: { ...prediction, annotations: [said(5, "nut", 0.93), said(40, "bolt", 0.81), said(75, "nut", 0.4)] } }),
  );
  const board = new Board(page, studio, project);
  await board.open(image);
  const open = page.getByRole("list", { name: "Suggestions" }).getByRole("listitem");
  await expect(open).toHaveCount(3);
  expect((await stored(request, studio, project, image)).labelled).toBe(false);
  await board.key("y", "u");
  await expect(open).toHaveCount(1);
  await board.saved();
  const labels = async () => (await stored(request, studio, project, image)).annotations;
  expect(await labels()).toEqual([{ ...said(5, "nut", 0), score: null }]);

  // Corrected: accepted, and changed like any other object.
  await board.key("y", "2", "Shift+ArrowDown");
  await expect(open).toHaveCount(0);
  await expect.poll(labels).toMatchObject([{ label: "nut" }, { label: "bolt", score: null, region: { x1: 75, y1: 20, x2: 95, y2: 40 } }]);
  await board.key("Control+z", "Control+z", "Control+z");
  await expect.poll(async () => (await labels()).length).toBe(1);
  // What was rejected stays so; what was taken back is suggested again.
  await expect(open).toHaveCount(1);
});
