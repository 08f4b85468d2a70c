/** What a person does on the whole way, in words of the pages: for the ways, the accessibility check and the pictures. */
import { spawn } from "node:child_process";
import { join } from "node:path";

import AxeBuilder from "@axe-core/playwright";

import { expect, type Studio } from "./studio";
import type { APIRequestContext, Page } from "@playwright/test";

const PYTHON = process.env.SIGHTMILL_PYTHON ?? "python3";

export async function python(code: string, ...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(PYTHON, ["-c", code, ...words], { env: { ...process.env, OMP_NUM_THREADS: "1" } });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.on("exit", (status) => (status === 0 ? resolve(said) : reject(new Error(said))));
  });
}

/**
 * Toy parts as images that Python draws: gray plates, good ones plain; bad ones with a dark scratch. One folder, names in the order
 * good, bad, good, bad ...; or one folder for each kind.
 */
export async function drawParts(studio: Studio, name: string, count: number, folders: boolean): Promise<string> {
  const folder = join(studio.data, name);
  await python(
    `
import sys
from pathlib import Path
import numpy as np
from sightmill.data.image import write_image
folder, count, folders = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "true"
for number in range(count):
    rng = np.random.default_rng(number)
    image = rng.normal(150, 5, (96, 96))
    image[12:84, 12:84] += 40
    bad = number % 2 == 1
    if bad:
        row, column = rng.integers(30, 60, 2)
        image[row:row + 8, column - 14:column + 14] = 40
    kind = "bad" if bad else "good"
    place = folder / kind / f"part-{number:02d}.png" if folders else folder / f"part-{number:02d}.png"
    write_image(place, np.clip(image, 0, 255).astype(np.uint8))
`,
    folder,
    String(count),
    String(folders),
  );
  return folder;
}

/** From the list of projects to a new, empty one. Answers its id. */
export async function createProject(page: Page, studio: Studio, name: string, answers: readonly string[]): Promise<string> {
  await page.goto(studio.url);
  await page.getByRole("link", { name: "New project" }).first().click();
  await page.getByRole("radio").first().waitFor();
  await accessible(page);
  for (const each of answers) await page.getByRole("radio", { name: each }).first().check({ force: true });
  await page.getByLabel("What is the project called?").fill(name);
  await page.getByRole("button", { name: "Make the project" }).click();
  await page.waitForURL(/\/projects\/[a-z0-9-]+\/images/);
  return /\/projects\/([a-z0-9-]+)\//.exec(page.url())?.[1] ?? "";
}

/** Use a folder on the server, which lies below the one that the studio may read. */
export async function importFolder(page: Page, folders: readonly string[], number: number): Promise<void> {
  await page.getByRole("button", { name: "Use a folder on the server" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /sightmill-e2e-[^/]*$/ }).click();
  for (const each of folders) await dialog.getByRole("button", { name: each, exact: true }).click();
  await dialog.getByRole("button", { name: `Add ${String(number)} images` }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(`${String(number)} images`).first()).toBeVisible();
}

export const step = (page: Page, name: string): Promise<void> => page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name: new RegExp(`^${name}`) }).click();

/** What the server says of a project; the page's own address is asked, so that the same guard holds. */
export async function facts(request: APIRequestContext, studio: Studio, project: string): Promise<{ counts: Record<string, unknown> & { labelled: number; classes: Record<string, Record<string, number>>; splits: Record<string, number> }; active_run: number | null }> {
  return (await (await request.get(`${studio.url}/api/projects/${project}`)).json()) as Awaited<ReturnType<typeof facts>>;
}

/** Wait until the training that is shown has ended well. */
export async function trainToTheEnd(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start training" }).click();
  await expect(page.getByRole("progressbar", { name: "Progress of the training" })).toBeVisible();
  const judge = page.getByRole("link", { name: "Judge it" });
  const failed = page.getByRole("alert");
  await expect(judge.or(failed)).toBeVisible({ timeout: 600_000 });
  await expect(judge, (await failed.allTextContents()).join(" ")).toBeVisible();
}

/** Nothing that axe finds against the page as it stands, in light and in dark. */
export async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const said = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.slice(0, 4).map((each) => `  ${each.html}\n  ${each.failureSummary ?? ""}`).join("\n")}`);
    expect.soft(said.join("\n"), `${page.url()}, ${colorScheme}`).toBe("");
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}
