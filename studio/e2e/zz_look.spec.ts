import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { addClass, Board, imageIds, stored } from "./board";
import { expect, shared as test, type Studio } from "./studio";
import type { APIRequestContext, Page } from "@playwright/test";
const OUT = "/tmp/h26/shots";
function take(studio: Studio, name: string, from: string, count: number): string {
  const to = join(studio.data, name);
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((f) => /\.(png|jpg|jpeg|tif)$/i.test(f)).sort().slice(0, count)) cpSync(join(from, file), join(to, file));
  return to;
}
async function put(request: APIRequestContext, studio: Studio, project: string, id: number, annotations: unknown[]) {
  const { revision } = await stored(request, studio, project, id);
  const r = await request.put(`${studio.url}/api/projects/${project}/images/${id}/annotations`, { headers: { origin: studio.url }, data: { annotations, labelled: true, revision, title: "x", window: "x" } });
  expect(r.ok()).toBe(true);
}
async function suggest(page: Page, project: string, image: number, annotations: unknown[], more = {}) {
  await page.route(`**/api/projects/${project}`, async (route) => {
    if (route.request().method() !== "GET") return route.fallback();
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), active_run: 1 } });
  });
  await page.route(`**/api/projects/${project}/runs/1/images/*/prediction*`, (route) => route.fulfill({ json: { image, run: 1, label: null, score: null, badness: null, heatmap: null, heat_low: null, heat_high: null, confidences: {}, flags: {}, values: {}, truth: "", wrong: null, annotations, ...more } }));
}
const shot = async (page: Page, name: string) => { await page.waitForTimeout(900); for (const scheme of ["light", "dark"] as const) { await page.emulateMedia({ colorScheme: scheme }); await page.waitForTimeout(300); await page.screenshot({ path: `${OUT}/${name}-${scheme}.png` }); } };
const box = (x1: number, y1: number, x2: number, y2: number) => ({ kind: "box", x1, y1, x2, y2 });
test.setTimeout(400_000);
test("detection", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Boards", "object_detection", take(studio, "pcb", "/work/shared/data/deeppcb/images", 30));
  for (const c of ["open", "short", "mousebite", "spur"]) await addClass(request, studio, project, c);
  const ids = await imageIds(request, studio, project);
  await put(request, studio, project, ids[0]!, [{ region: box(80, 60, 170, 130), label: "open" }, { region: box(300, 240, 380, 330), label: "short" }, { region: box(420, 100, 450, 130), label: "spur" }]);
  await put(request, studio, project, ids[1]!, []);
  const board = new Board(page, studio, project);
  await suggest(page, project, ids[0]!, [{ region: box(200, 400, 290, 470), label: "mousebite", score: 0.91 }, { region: box(500, 300, 560, 380), label: "open", score: 0.62 }]);
  await board.open();
  await board.key("b"); await board.move([250, 200]);
  await shot(page, "det-box");
  await board.key("v"); await board.click([340, 290]); await shot(page, "det-select");
  await board.key("Escape", "Shift+R", "n"); await shot(page, "det-review");
  await board.key("q"); await shot(page, "det-feature");
  await board.key("q", "r"); await board.drag([40, 40], [500, 560], [600, 600]); await shot(page, "det-roi");
  await board.key("?"); await shot(page, "det-keys");
});
test("segmentation", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Tiles", "semantic_segmentation", take(studio, "tiles", "/work/shared/data/magnetic_tile/test/blowhole", 20));
  for (const c of ["blowhole", "crack"]) await addClass(request, studio, project, c);
  const board = new Board(page, studio, project);
  await board.open();
  await board.key("m");
  await board.drag([30, 40], [80, 60], [100, 120], [60, 140]);
  await board.key("Escape", "2");
  await board.drag([120, 40], [130, 160], [140, 200]);
  await board.move([100, 200]);
  await shot(page, "seg-brush");
  await board.key("p", "Escape"); await board.click([20, 180], [60, 170], [90, 220]); await board.move([50, 240]); await shot(page, "seg-outline");
  await board.key("Escape", "Escape", "f"); await shot(page, "seg-fill");
});
test("oriented", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Screws", "oriented_detection", take(studio, "screws", "/work/shared/data/screws_presence/images", 10));
  for (const c of ["screw", "nut"]) await addClass(request, studio, project, c);
  const board = new Board(page, studio, project);
  await board.open();
  const w = (await stored(request, studio, project, (await imageIds(request, studio, project))[0]!)) as unknown as { width: number; height: number };
  await board.key("o");
  await board.click([w.width * 0.3, w.height * 0.3], [w.width * 0.5, w.height * 0.4], [w.width * 0.48, w.height * 0.5]);
  await shot(page, "ori");
});
test("anomaly", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Anomaly", "anomaly_detection", take(studio, "an", "/work/shared/data/magnetic_tile/test/blowhole", 12));
  for (const c of ["good", "blowhole"]) await addClass(request, studio, project, c);
  const ids = await imageIds(request, studio, project);
  await put(request, studio, project, ids[1]!, [{ region: { kind: "whole" }, label: "good" }]);
  await put(request, studio, project, ids[0]!, [{ region: { kind: "whole" }, label: "blowhole" }, { region: { kind: "polygon", parts: [[[40, 40], [80, 50], [70, 90], [38, 80]]] }, label: "blowhole" }]);
  const board = new Board(page, studio, project);
  await suggest(page, project, ids[0]!, [], { label: "blowhole", score: 0.73 });
  await board.open();
  await shot(page, "anomaly");
});
test("class", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Class", "classification", take(studio, "cl", "/work/shared/data/deeppcb_crops/train/short", 40));
  for (const c of ["short", "open", "good"]) await addClass(request, studio, project, c);
  const ids = await imageIds(request, studio, project);
  await put(request, studio, project, ids[0]!, [{ region: { kind: "whole" }, label: "short" }]);
  const board = new Board(page, studio, project);
  await board.open();
  await shot(page, "class");
  await board.key("d", "2"); await board.key("g"); await shot(page, "class2");
});
test("edge and text", async ({ page, request, studio }) => {
  const project = await studio.project(request, "Edges", "edge_extraction", take(studio, "ed", "/work/shared/data/crackforest/images/train", 12));
  await addClass(request, studio, project, "crack");
  const board = new Board(page, studio, project);
  await board.open();
  await board.key("j");
  await board.click([20, 40], [120, 60], [200, 150], [210, 200]);
  await board.key("Enter");
  await shot(page, "edge");
  await board.key("Escape", "t"); await board.drag([250, 60], [350, 100], [400, 120]); await page.keyboard.type("LOT 42"); await shot(page, "text");
});
