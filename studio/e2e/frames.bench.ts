/**
 * Frame times while a picture of 12 megapixels is moved and zoomed, without and with many marks, beside those of an empty page.
 *
 * Each frame gets one event, as from a hand that does not stop. `frame` is the time between two frames, `work` the processor
 * time that the page's thread takes for one, events, drawing, style and layout together: that of a busy machine is not in it.
 * Written as one line of JSON to FRAMES_OUT.
 */
import { writeFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { addClass, Board, imageIds, stored } from "./board";
import { expect, shared as test } from "./studio";

interface Times {
  /** Milliseconds between frames. */
  frame: number[];
  /** Milliseconds of processor time for a frame, on average. */
  work: number;
}

const FRAMES = 240;

/** Frames of the page while `kind` goes on. */
async function run(page: Page, kind: "nothing" | "pan" | "zoom" | "draw"): Promise<Times> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const taken = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find((each) => each.name === "TaskDuration")?.value ?? 0) * 1000;
  };
  const before = await taken();
  const frame = await frames(page, kind);
  const work = ((await taken()) - before) / FRAMES;
  await session.detach();
  return { frame, work };
}

async function frames(page: Page, kind: "nothing" | "pan" | "zoom" | "draw"): Promise<number[]> {
  return page.evaluate(
    async ([kind, frames]) => {
      const canvas = document.querySelector(".stage-scene");
      const box = canvas?.getBoundingClientRect() ?? new DOMRect(0, 0, 100, 100);
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const pointer = (type: string, dx: number, dy: number): void => {
        const button = kind === "pan" ? 1 : 0;
        const held = type === "pointerup" ? 0 : kind === "pan" ? 4 : 1;
        canvas?.dispatchEvent(
          new PointerEvent(type, { pointerId: 1, button: type === "pointermove" ? -1 : button, buttons: held, clientX: x + dx, clientY: y + dy, bubbles: true, isPrimary: true }),
        );
      };
      const step = (frame: number): void => {
        const turn = (frame / frames) * 4 * Math.PI;
        if (kind === "zoom") {
          const deltaY = Math.sin(turn) > 0 ? -40 : 40;
          canvas?.dispatchEvent(new WheelEvent("wheel", { deltaY: deltaY * 1.01, ctrlKey: true, clientX: x, clientY: y, bubbles: true, cancelable: true }));
        } else if (kind !== "nothing") pointer("pointermove", 220 * Math.sin(turn), 140 * Math.sin(2 * turn));
      };
      const found: number[] = [];
      if (kind === "pan" || kind === "draw") pointer("pointerdown", 0, 0);
      await new Promise<void>((done) => {
        let before = 0;
        let count = 0;
        const tick = (now: number): void => {
          if (before > 0) found.push(now - before);
          before = now;
          step(count);
          count += 1;
          if (count <= frames) requestAnimationFrame(tick);
          else done();
        };
        requestAnimationFrame(tick);
      });
      if (kind === "pan" || kind === "draw") pointer("pointerup", 0, 0);
      return found;
    },
    [kind, FRAMES] as const,
  );
}

test("frames", async ({ page, request, studio }) => {
  const folder = await studio.images("large", 1, 4000, 3000);
  const project = await studio.project(request, "Large", "instance_segmentation", folder);
  await addClass(request, studio, project, "seal");
  const [image = 0] = await imageIds(request, studio, project);
  const found: Record<string, Times> = {};
  await page.goto("about:blank");
  found["empty page"] = await run(page, "nothing");

  const board = new Board(page, studio, project);
  await board.open();
  await page.waitForTimeout(3000);
  // Once over all tiles, so that what is measured is the drawing and not the disk.
  await run(page, "zoom");
  await page.waitForTimeout(2000);
  found["zoom, no marks"] = await run(page, "zoom");
  found["pan, no marks"] = await run(page, "pan");

  // 300 boxes and outlines, and a mask of four megapixels.
  const annotations: unknown[] = [];
  for (let index = 0; index < 300; index += 1) {
    const [x, y] = [40 + (index % 25) * 156, 40 + Math.floor(index / 25) * 240];
    const region =
      index % 2 === 0
        ? { kind: "box", x1: x, y1: y, x2: x + 110, y2: y + 150 }
        : { kind: "polygon", parts: [Array.from({ length: 40 }, (_, at) => [x + 60 + 50 * Math.cos(at * 0.157), y + 70 + (50 + 12 * (at % 2)) * Math.sin(at * 0.157)])] };
    annotations.push({ region, label: "seal" });
  }
  const runs = [0, ...Array.from({ length: 2000 }, () => [1700, 300]).flat()];
  annotations.push({ region: { kind: "mask", x: 900, y: 400, width: 2000, height: 2000, runs }, label: "dirt" });
  const { revision } = await stored(request, studio, project, image);
  const answer = await request.put(`${studio.url}/api/projects/${project}/images/${String(image)}/annotations`, {
    headers: { origin: studio.url },
    data: { annotations, labelled: true, revision, title: "Many marks", window: "" },
  });
  expect(answer.ok()).toBe(true);
  await expect(page.getByRole("list", { name: "Objects" }).getByRole("listitem")).toHaveCount(301);
  await board.key("Home");
  await run(page, "zoom");
  found["zoom, 301 marks"] = await run(page, "zoom");
  found["pan, 301 marks"] = await run(page, "pan");
  await board.key("m");
  found["brush, 301 marks"] = await run(page, "draw");
  await page.goto("about:blank");
  found["empty page again"] = await run(page, "nothing");
  const out = process.env.FRAMES_OUT;
  if (out !== undefined) writeFileSync(out, JSON.stringify(found));
});
