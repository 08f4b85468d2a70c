/**
 * Which Chromium the tests drive: the one that SIGHTMILL_CHROMIUM names, else `chromium` or Google Chrome on the path,
 * else Playwright's own, if it was downloaded. `node e2e/browser.mjs` prints it, or fails with a sentence.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "@playwright/test";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** @returns {string | null} */
export function browser() {
  const named = process.env.SIGHTMILL_CHROMIUM;
  if (named) return existsSync(named) ? named : null;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (found !== undefined) return found;
  const own = chromium.executablePath();
  return existsSync(own) ? own : null;
}

export const MISSING =
  "The studio was not tested in a browser: there is no Chromium here. Install one (Debian: apt install chromium; anywhere: " +
  "npx playwright install chromium, in the folder studio), or name one in the variable SIGHTMILL_CHROMIUM.";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = browser();
  console.log(found ?? MISSING);
  process.exit(found === null ? 3 : 0);
}
