import { defineConfig, mergeConfig } from "vitest/config";

import pages from "./vite.config";

export default mergeConfig(
  pages,
  defineConfig({
    test: {
      environment: "jsdom",
      include: ["src/**/*.test.{ts,tsx}"],
      css: { modules: { classNameStrategy: "non-scoped" } },
      restoreMocks: true,
      maxWorkers: 2,
      // A test hangs when it takes a minute, not when the machine has other work.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
