import { defineConfig } from "@playwright/test";

import tests from "./playwright.config";

/** `python -m benchmarks.studio`: how fast the picture moves. No test, for a busy machine is slow. */
export default defineConfig(tests, { testMatch: "frames.bench.ts", timeout: 300_000 });
