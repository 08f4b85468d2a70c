/**
 * Pictures of each view for the documentation, light and dark: `make studio-pictures` writes docs/images/studio/*.webp.
 * The demonstration must have been made before (`make demo`), or its folder be named in SIGHTMILL_DEMO.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "./studio";
import { python } from "./ways";
import type { Page } from "@playwright/test";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEMO = process.env.SIGHTMILL_DEMO ?? join(ROOT, "demo");
const OUT = process.env.SIGHTMILL_PICTURES_TO ?? join(ROOT, "docs", "images", "studio");
const MOST_BYTES = 150_000;

interface View {
  name: string;
  path: string;
  /** What must be there before the picture is taken. */
  ready: (page: Page) => Promise<void>;
}

const shown = (page: Page, selector: string): Promise<void> => page.locator(selector).first().waitFor();

const VIEWS: readonly View[] = [
  { name: "images", path: "images", ready: (page) => shown(page, "[role=option] img") },
  { name: "label", path: "label?image=150", ready: (page) => shown(page, "canvas") },
  { name: "check", path: "check", ready: (page) => page.getByText("Check again").waitFor() },
  { name: "train", path: "train?run=new", ready: (page) => shown(page, "figure img") },
  { name: "curves", path: "train", ready: (page) => shown(page, "canvas") },
  { name: "judge", path: "judge", ready: (page) => shown(page, "[data-image] img") },
  { name: "deploy", path: "deploy", ready: (page) => page.getByText("images per second").waitFor() },
];

test("pictures of each view", async ({ page, request, studio }) => {
  expect(existsSync(join(DEMO, "data")), `there is no demonstration in ${DEMO}: make demo`).toBe(true);
  mkdirSync(OUT, { recursive: true });
  const project = join(studio.folder, "projects", "flanges");
  await python(
    `
import sys
from pathlib import Path
from sightmill.server.serve import begin_with
folder, demo = Path(sys.argv[1]), Path(sys.argv[2])
begin_with(folder, method="anomaly_detection", data=demo / "data", format=None, models=[demo / "anomaly_detection.sightmill"])
`,
    project,
    DEMO,
  );
  const api = `${studio.url}/api/projects/flanges`;
  const headers = { origin: studio.url };
  const settled = async () => {
    for (;;) {
      const jobs = (await (await request.get(`${api}/jobs`)).json()) as { state: string }[];
      if (jobs.every((each) => each.state !== "running")) return;
      await new Promise((done) => setTimeout(done, 300));
    }
  };
  await request.post(`${api}/runs`, { headers, data: { settings: { network_depth: 1 }, name: "smaller network" } });
  for (;;) {
    const [run] = (await (await request.get(`${api}/runs`)).json()) as { state: string; error: string | null }[];
    if (run?.state === "failed") throw new Error(run.error ?? "the training failed");
    if (run?.state === "finished") break;
    await new Promise((done) => setTimeout(done, 500));
  }
  await request.post(`${api}/check`, { headers, data: {} });
  await request.post(`${api}/runs/1/predictions`, { headers, data: {} });
  await settled();

  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const { name, path, ready } of VIEWS) {
      await page.goto(`${studio.url}/projects/flanges/${path}`);
      await ready(page);
      await page.waitForLoadState("networkidle", { timeout: 5000 }).catch(() => undefined);
      await page.waitForTimeout(800);
      await take(page, `${name}-${colorScheme}`);
    }
    await page.goto(`${studio.url}/new`);
    await page.getByRole("radio", { name: "Is the part good?" }).check({ force: true });
    await page.getByRole("radio", { name: "Few bad images, or none" }).check({ force: true });
    await take(page, `new-${colorScheme}`);
    await page.goto(studio.url);
    await shown(page, "li img");
    await page.waitForTimeout(500);
    await take(page, `projects-${colorScheme}`);
  }
});

/** A picture of the page, as a WebP file that is small enough for the documentation. */
async function take(page: Page, name: string): Promise<void> {
  const png = join(OUT, `${name}.png`);
  const file = join(OUT, `${name}.webp`);
  await page.screenshot({ path: png });
  await python(
    "import sys; from pathlib import Path; from PIL import Image; Image.open(sys.argv[1]).convert('RGB').save(sys.argv[2], quality=88, method=6); Path(sys.argv[1]).unlink()",
    png,
    file,
  );
  expect(statSync(file).size, file).toBeLessThan(MOST_BYTES);
}
