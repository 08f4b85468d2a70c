/** A person's whole way for anomaly detection: good images, a few bad ones, and the threshold that is dragged. */
import { join } from "node:path";

import { expect, test } from "./studio";
import { accessible, createProject, drawParts, facts, step, trainToTheEnd } from "./ways";

test("from good images to a threshold that was dragged", async ({ page, request, studio }) => {
  const folder = await drawParts(studio, "plates", 40, true);
  const project = await createProject(page, studio, "Plates", ["Is the part good?", "Few bad images, or none"]);

  // A folder from this computer, whose folders are named after what is in them.
  await page.getByLabel("Image folder").setInputFiles(folder);
  const dialog = page.getByRole("dialog", { name: "Add 40 images" });
  await expect(dialog.getByText(/^(bad, good|good, bad)$/)).toBeVisible();
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(async () => (await facts(request, studio, project)).counts.labelled).toBe(40);

  // The bad ones are kept for the test, by filter and keyboard.
  await page.getByLabel("With label").selectOption("bad");
  await expect(page.getByText("20 images", { exact: true })).toBeVisible();
  await page.getByRole("listbox", { name: "Images" }).focus();
  await page.keyboard.press("Control+a");
  await page.getByRole("button", { name: "Move to…" }).click();
  await page.getByRole("menuitem", { name: "Test" }).click();
  await expect.poll(async () => (await facts(request, studio, project)).counts.splits.test).toBe(20);
  await step(page, "Split and check");
  await page.getByRole("button", { name: "Divide 20 images" }).click();
  await expect.poll(async () => (await facts(request, studio, project)).counts.splits.none ?? 0).toBe(0);

  await step(page, "Train");
  await page.getByLabel("Network depth").first().fill("1");
  await trainToTheEnd(page);
  await page.getByRole("link", { name: "Judge it" }).click();

  // T is dragged to the right end: every image is called good, so the bad ones are missed; and back.
  const line = page.getByRole("slider", { name: /^Threshold T:/ });
  await expect(line).toBeVisible();
  await accessible(page);
  const wrong = page.locator('[data-image][data-state="wrong"]');
  const first = await wrong.count();
  const before = Number(await line.getAttribute("aria-valuenow"));
  const plot = await page.getByRole("region", { name: "Scores and thresholds" }).boundingBox();
  const box = await line.boundingBox();
  if (plot === null || box === null) throw new Error("the histogram is not there");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.7, y, { steps: 4 });
  await page.mouse.move(plot.x + plot.width - 4, y, { steps: 4 });
  // While it is held, images change sides and the rates follow.
  await expect.poll(async () => wrong.count()).toBeGreaterThan(first);
  const missed = await wrong.count();
  await expect(page.getByText(new RegExp(`of ${String(missed)} bad`))).toBeVisible();
  await page.mouse.up();
  expect(Number(await line.getAttribute("aria-valuenow"))).toBeGreaterThan(before);
  await page.getByRole("button", { name: "Back to the model’s own" }).click();
  await expect(wrong).toHaveCount(first);

  // Judged again inside a rectangle that is drawn, and on the whole images again.
  await page.getByRole("button", { name: "Only a region" }).click();
  const drawing = page.getByRole("dialog");
  const picture = await drawing.getByRole("img").boundingBox();
  if (picture === null) throw new Error("there is no image to draw on");
  await page.mouse.move(picture.x + 0.25 * picture.width, picture.y + 0.25 * picture.height);
  await page.mouse.down();
  await page.mouse.move(picture.x + 0.75 * picture.width, picture.y + 0.75 * picture.height, { steps: 4 });
  await page.mouse.up();
  await expect(drawing.getByLabel("Left")).toHaveValue("24");
  const judged = page.waitForRequest((each) => each.url().endsWith("/evaluation") && (each.postData() ?? "").includes('"roi":{'));
  await drawing.getByRole("button", { name: "Judge this region" }).click();
  expect(((await judged).postDataJSON() as { roi: object }).roi).toEqual({ kind: "box", x1: 24, y1: 24, x2: 72, y2: 72 });
  await expect(line).toBeVisible();
  await page.getByRole("button", { name: "Whole images again" }).click();
  await expect(wrong).toHaveCount(first);

  // With the keyboard to another place, which the model then keeps.
  await line.focus();
  await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("button", { name: "Keep for the model" }).click();
  await expect(page.getByText("The model decides by these settings from now on")).toBeVisible();
  const run = (await (await request.get(`${studio.url}/api/projects/${project}/runs`)).json()) as { inference: { threshold: number } }[];
  expect(run[0]?.inference.threshold).toBeCloseTo(before + 5.5, 3);

  await step(page, "Deploy");
  await page.getByLabel("Images to try").setInputFiles([join(folder, "good", "part-00.png"), join(folder, "bad", "part-01.png")]);
  await expect(page.getByText("2 answers")).toBeVisible();
  const answers = page.locator("figure");
  const score = async (name: string) => Number((await answers.filter({ hasText: name }).locator("b").textContent()) ?? "0");
  expect(await score("part-01.png")).toBeGreaterThan(await score("part-00.png"));

  // The same on a folder of the server, and live from a camera.
  const tried = page.getByRole("region", { name: "Try it" });
  await tried.getByRole("radio", { name: "Folder on the server" }).check({ force: true });
  await tried.getByRole("button", { name: /sightmill-e2e-[^/]*$/ }).click();
  for (const each of ["data", "plates", "bad"]) await tried.getByRole("button", { name: each, exact: true }).click();
  await tried.getByRole("button", { name: "Try its images" }).click();
  await expect(tried.getByText(/^\d+ answers/)).toBeVisible();
  await expect(answers.filter({ hasText: "part-03.png" })).toBeVisible();
  await tried.getByRole("radio", { name: "Camera" }).check({ force: true });
  await tried.getByRole("button", { name: "Start" }).click();
  await expect(tried.getByText(/answers per second/)).toBeVisible();
  await accessible(page);
  await tried.getByRole("button", { name: "Stop" }).click();
});
