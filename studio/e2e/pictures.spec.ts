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
  { name: "projects", path: "/", ready: (page) => shown(page, "li img") },
  { name: "new", path: "/new", ready: answered },
  { name: "images", path: "/projects/flanges/images?sort=badness", ready: (page) => shown(page, "[role=option] img") },
  { name: "label", path: "/projects/flanges/label?image=150", ready: (page) => shown(page, "canvas") },
  { name: "check", path: "/projects/flanges/check", ready: (page) => page.getByText("Check again").waitFor() },
  { name: "train", path: "/projects/kinds/train?run=new", ready: (page) => shown(page, "figure img") },
  { name: "curves", path: "/projects/kinds/train?run=1", ready: (page) => shown(page, "canvas") },
  { name: "judge", path: "/projects/flanges/judge", ready: (page) => shown(page, "[data-image] img") },
  { name: "deploy", path: "/projects/flanges/deploy", ready: (page) => page.getByText("images per second").waitFor() },
];

async function answered(page: Page): Promise<void> {
  await page.getByRole("radio", { name: "Is the part good?" }).check({ force: true });
  await page.getByRole("radio", { name: "Few bad images, or none" }).check({ force: true });
}

const BEGIN = `
import sys
from pathlib import Path
from sightmill.server.opening import begin_with
folder, data, method = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
begin_with(folder, method=method, data=data, format=None, models=[Path(name) for name in sys.argv[4:]])
`;

test("pictures of each view", async ({ page, request, studio }) => {
  test.setTimeout(1_800_000);
  expect(existsSync(join(DEMO, "data")), `there is no demonstration in ${DEMO}: make demo`).toBe(true);
  mkdirSync(OUT, { recursive: true });
  const projects = join(studio.folder, "projects");
  const data = join(DEMO, "data");
  await python(BEGIN, join(projects, "flanges"), data, "anomaly_detection", join(DEMO, "anomaly_detection.sightmill"));
  await python(BEGIN, join(projects, "kinds"), join(data, "classes.csv"), "classification");
  const api = (project: string): string => `${studio.url}/api/projects/${project}`;
  const headers = { origin: studio.url };
  const ended = async (address: string, busy: readonly string[]): Promise<void> => {
    for (;;) {
      const all = (await (await request.get(address)).json()) as { state: string }[];
      if (all.every((each) => !busy.includes(each.state))) return;
      await new Promise((done) => setTimeout(done, 500));
    }
  };
  const settings = { network_depth: 1, image_size: 64, iterations: 10 };
  await request.post(`${api("kinds")}/runs`, { headers, data: { settings, name: "Small network" } });
  await request.post(`${api("flanges")}/check`, { headers, data: {} });
  await request.post(`${api("flanges")}/runs/1/predictions`, { headers, data: {} });
  await ended(`${api("flanges")}/jobs`, ["running"]);
  await ended(`${api("kinds")}/runs`, ["queued", "running", "stopping"]);

  for (const { name, path, ready } of VIEWS) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(`${studio.url}${path}`);
      await ready(page);
      // Pictures go on arriving after the first; the pointer shows no tip.
      await page.mouse.move(640, 5);
      await page.waitForTimeout(2500);
      await take(page, `${name}-${colorScheme}`);
    }
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
