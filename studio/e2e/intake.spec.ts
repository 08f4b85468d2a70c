/** Images of mixed sizes brought to one, and images captured: from a watched folder, and from the browser's own camera. */
import { join } from "node:path";

import { expect, test } from "./studio";
import { accessible, facts, python } from "./ways";

const draw = (folder: string, name: string, width: number, height: number) =>
  python(
    "import sys, numpy as np; from pathlib import Path; from sightmill.data.image import write_image; rng = np.random.default_rng(len(sys.argv[2])); write_image(Path(sys.argv[1]) / sys.argv[2], rng.integers(0, 255, (int(sys.argv[4]), int(sys.argv[3])), np.uint8))",
    folder,
    name,
    String(width),
    String(height),
  );

test("mixed sizes are seen, corrected as suggested, and taken back", async ({ page, request, studio }) => {
  const folder = join(studio.data, "mixed");
  for (const [name, width, height] of [["a.png", 80, 60], ["bb.png", 80, 60], ["ccc.png", 64, 64]] as const) await draw(folder, name, width, height);
  const project = await studio.project(request, "Mixed", "classification", folder);
  await page.goto(`${studio.url}/projects/${project}/images`);
  await page.getByRole("button", { name: "Export, image sizes" }).click();
  await page.getByRole("menuitem", { name: "Image sizes and correction…" }).click();
  const dialog = page.getByRole("dialog", { name: "Image sizes and correction" });
  await expect(dialog.getByRole("link", { name: "80 × 60" })).toBeVisible();
  await dialog.getByRole("button", { name: "Do that" }).click();
  await expect(dialog.getByText("1. Fit into 80 × 60")).toBeVisible();
  await expect(dialog.getByAltText("After the steps")).toBeVisible();
  await expect(dialog.getByText("80 × 60").last()).toBeVisible();
  await accessible(page);
  await dialog.getByRole("button", { name: "Correct 3 images" }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(async () => (await facts(request, studio, project)).counts.sizes).toBe(1);
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect.poll(async () => (await facts(request, studio, project)).counts.sizes).toBe(2);
});

test("images come from a watched folder and from the camera", async ({ page, request, studio }) => {
  const folder = join(studio.data, "arriving");
  await draw(folder, "first.png", 80, 60);
  const project = await studio.project(request, "Captured", "classification", folder);
  const count = async () => (await facts(request, studio, project)).counts.images;
  await page.goto(`${studio.url}/projects/${project}/images`);
  await page.getByRole("button", { name: "Add images" }).click();
  await page.getByRole("menuitem", { name: "A camera, or a watched folder…" }).click();
  const dialog = page.getByRole("dialog", { name: "Capture images" });

  await dialog.getByLabel("Label").fill("nut");
  await dialog.getByRole("button", { name: "Open the camera" }).click();
  await dialog.getByRole("button", { name: "Take a picture" }).click();
  await expect(dialog.getByText("1 taken")).toBeVisible();
  await expect.poll(count).toBe(2);
  expect((await facts(request, studio, project)).counts.classes.nut).toEqual({ none: 1 });
  await accessible(page);

  await dialog.getByText("Watched folder").click();
  await dialog.getByRole("button", { name: /sightmill-e2e-[^/]*$/ }).click();
  for (const each of ["data", "arriving"]) await dialog.getByRole("button", { name: each, exact: true }).click();
  await dialog.getByRole("button", { name: "Watch this folder" }).click();
  await expect(dialog.getByRole("button", { name: "Stop" })).toBeVisible();
  await draw(folder, "second.png", 80, 60);
  await expect.poll(count).toBe(3);
  await dialog.getByRole("button", { name: "Stop" }).click();
  await expect(dialog.getByRole("button", { name: "Watch this folder" })).toBeVisible();
});
