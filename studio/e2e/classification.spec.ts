/** A person's whole way for classification, with a real server and a real training. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "./studio";
import { accessible, createProject, drawParts, facts, importFolder, python, step, trainToTheEnd } from "./ways";

test("from a folder of images to a model that answers", async ({ page, request, studio }) => {
  const folder = await drawParts(studio, "parts", 24, false);
  const project = await createProject(page, studio, "Scratched plates", ["Which kind is it?"]);
  await importFolder(page, ["data", "parts"], 24);

  await accessible(page);

  // The classes, then every image by keyboard alone: Enter opens the first, a key labels it and goes on.
  const name = page.getByLabel("New class");
  for (const each of ["plain", "scratched"]) {
    await name.fill(each);
    await name.press("Enter");
    await expect(page.getByRole("button", { name: new RegExp(`^${each}`) })).toBeVisible();
  }
  await page.getByRole("listbox", { name: "Images" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/label\?image=/);
  await expect(page.getByText("1 of 24")).toBeVisible();
  await accessible(page);
  for (let number = 0; number < 24; number += 1) {
    await expect(page.getByText(`${String(number + 1)} of 24`)).toBeVisible();
    await page.keyboard.press(number % 2 === 0 ? "1" : "2");
  }
  await expect.poll(async () => (await facts(request, studio, project)).counts.labelled).toBe(24);
  const { classes } = (await facts(request, studio, project)).counts;
  expect(classes).toMatchObject({ plain: { none: 12 }, scratched: { none: 12 } });

  // Split by rule with a border moved by keys, then the check.
  await step(page, "Split and check");
  await page.getByRole("slider", { name: "Border between training and validation" }).focus();
  for (let times = 0; times < 20; times += 1) await page.keyboard.press("ArrowLeft");
  await expect(page.getByText("50 %")).toBeVisible();
  await page.getByRole("button", { name: "Divide 24 images" }).click();
  await expect.poll(async () => (await facts(request, studio, project)).counts.splits.none ?? 0).toBe(0);
  await page.getByRole("button", { name: "Check the data" }).click();
  await expect(page.getByRole("button", { name: "Check again" })).toBeVisible();
  await accessible(page);
  // A cell is moved with its menu, and taken back.
  const before = (await facts(request, studio, project)).counts.splits;
  await page.getByRole("button", { name: /images, scratched, Test/ }).click();
  await page.getByRole("menuitem", { name: "Validation" }).click();
  await expect.poll(async () => (await facts(request, studio, project)).counts.splits.test).toBeLessThan(before.test ?? 0);
  await page.keyboard.press("Control+z");
  await expect.poll(async () => (await facts(request, studio, project)).counts.splits).toEqual(before);

  await step(page, "Train");
  await page.getByRole("button", { name: "Start training" }).waitFor();
  await accessible(page);
  // Sizes are suggested with their reasons, and taken over with a button.
  await page.getByRole("button", { name: "Suggest sizes" }).click();
  await page.getByRole("button", { name: "Use these" }).or(page.getByRole("button", { name: "In the form" })).waitFor({ timeout: 300_000 });
  await expect(page.getByRole("region", { name: "Sizes that suit your images" })).toContainText("training images do not fill a deeper network");
  await accessible(page);
  const use = page.getByRole("button", { name: "Use these" });
  if (await use.isVisible()) await use.click();
  await expect(page.getByRole("button", { name: "In the form" })).toBeDisabled();
  await page.getByLabel("Network depth").first().fill("1");
  await page.getByLabel("Image size").first().fill("64");
  await page.getByRole("spinbutton", { name: /^Iterations/ }).first().fill("6");
  await trainToTheEnd(page);
  await expect(page.getByRole("img", { name: /^Loss/ })).toBeVisible();
  await accessible(page);
  await page.getByRole("link", { name: "Judge it" }).click();

  // A cell of the confusion matrix leads to its images.
  const cell = page.getByRole("button", { name: /with truth plain, predicted plain/ });
  await cell.waitFor();
  await accessible(page);
  await cell.click();
  await expect(page.getByRole("button", { name: "Truth plain, predicted plain", exact: true })).toBeVisible();
  const shown = page.locator("[data-image]");
  await expect(shown).toHaveCount(Number((await cell.textContent()) ?? "0"));
  await page.getByRole("button", { name: "Truth plain, predicted plain", exact: true }).click();
  await shown.first().click();
  await expect(page.getByRole("dialog").getByText("Prediction (dashed)")).toBeVisible();
  await page.keyboard.press("Escape");
  const report = page.waitForEvent("download");
  await page.getByRole("button", { name: "Report", exact: true }).click();
  await page.getByRole("menuitem", { name: /JSON/ }).click();
  const told = JSON.parse(readFileSync(await (await report).path(), "utf8")) as { metrics: Record<string, number> };
  expect(told.metrics.accuracy).toBeGreaterThan(0.6);

  // The model goes out, answers in Python as it is, and here on an image that it was never shown.
  await step(page, "Deploy");
  const leaving = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download the model" }).click();
  const model = join(studio.folder, "taken.sightmill");
  await (await leaving).saveAs(model);
  expect(await python("import sys, sightmill; print(sightmill.load(sys.argv[1]).labels)", model)).toContain("scratched");
  await expect(page.getByText("images per second")).toBeVisible();
  await accessible(page);
  const code = await page.getByRole("region", { name: "Use it in a program" }).locator("pre code").textContent();
  writeFileSync(join(studio.folder, "snippet.py"), code ?? "");
  expect(await python("import runpy, sys; runpy.run_path(sys.argv[1])", join(studio.folder, "snippet.py"))).toMatch(/plain|scratched/);
  // The line that serves it follows what is chosen; other machines need a token.
  const serve = page.getByRole("region", { name: "Serve it" });
  await serve.getByLabel("Port").fill("18770");
  await expect(serve.getByLabel("The command")).toContainText("--port 18770");
  await expect(serve.getByLabel("The command")).not.toContainText("--token");
  await serve.getByRole("radio", { name: "Other machines" }).check({ force: true });
  const token = await serve.getByRole("textbox", { name: "Token" }).inputValue();
  await expect(serve.getByLabel("The command")).toContainText(`--host 0.0.0.0 --port 18770 --token=${token}`);
  await expect(serve.locator("pre").last()).toContainText(`Bearer ${token}`);
  await serve.getByRole("textbox", { name: "Token" }).fill("short");
  await expect(serve.getByText("16 letters or more")).toBeVisible();
  await page.getByLabel("Images to try").setInputFiles([join(folder, "part-00.png"), join(folder, "part-01.png")]);
  await expect(page.getByText("2 answers")).toBeVisible();
  await expect(page.locator("figure").filter({ hasText: "part-00.png" })).toContainText("plain");
  await expect(page.locator("figure").filter({ hasText: "part-01.png" })).toContainText("scratched");
  // The model comes in again as another training, and is set beside the first.
  await step(page, "Train");
  await page.getByLabel("Model file").setInputFiles(model);
  await expect(page.getByRole("heading", { name: "taken" })).toBeVisible();
  await page.getByRole("button", { name: "Compare two" }).click();
  await page.getByRole("complementary", { name: "Trainings" }).getByRole("listitem").last().getByRole("button").click();
  await expect(page.getByRole("heading", { name: "Two trainings side by side" })).toBeVisible();
  await expect(page.getByRole("table").first()).toContainText("the same in both");
  await accessible(page);
  await page.goto(studio.url);
  await expect(page.getByRole("link", { name: "Scratched plates" })).toBeVisible();
  await accessible(page);
});
