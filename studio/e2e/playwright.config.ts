import { defineConfig } from "@playwright/test";

import { browser, MISSING } from "./browser.mjs";

const executablePath = browser();
if (executablePath === null) throw new Error(MISSING);

export default defineConfig({
  testDir: ".",
  testIgnore: process.env.SIGHTMILL_PICTURES ? [] : ["pictures.spec.ts"],
  outputDir: "results",
  // A training on two busy cores takes its time.
  timeout: 900_000,
  expect: { timeout: 30_000 },
  workers: 1,
  // On a machine that is busy with trainings a gesture can be lost: what fails twice has failed.
  retries: 1,
  reporter: "line",
  use: {
    viewport: { width: 1280, height: 720 },
    // Chromium's own test picture stands in for a camera.
    launchOptions: { executablePath, args: ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] },
  },
});
