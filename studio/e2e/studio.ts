/** A real `sightmill studio` for each test: its own folder, its own port, and killed without mercy where a test wants that. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type APIRequestContext, test as base } from "@playwright/test";

/** The Python that has sightmill: `SIGHTMILL_PYTHON`, else the one on the path. */
const PYTHON = process.env.SIGHTMILL_PYTHON ?? "python3";

export class Studio {
  readonly folder = mkdtempSync(join(tmpdir(), "sightmill-e2e-"));
  readonly data = join(this.folder, "data");
  url = "";
  private process: ChildProcess | null = null;
  private port = 0;

  /** Start it, or start it again on the same folder and port. */
  async start(): Promise<void> {
    const given = ["-m", "sightmill", "studio", "--projects", join(this.folder, "projects"), "--root", this.folder, "--port", String(this.port)];
    const child = spawn(PYTHON, given, { cwd: this.folder, env: { ...process.env, OMP_NUM_THREADS: "1" } });
    this.process = child;
    let said = "";
    this.url = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (found === null) return;
        this.port = Number(found[1]);
        resolve(found[0]);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("exit", () => reject(new Error(`the studio ended: ${said}`)));
    });
  }

  /** kill -9: nothing is told, nothing is put away. */
  async kill(): Promise<void> {
    const child = this.process;
    this.process = null;
    if (child === null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  /** Toy images, all of one size: gray with a bright square whose place tells their number. */
  async images(name: string, count: number, width = 120, height = 90, bits: 8 | 16 = 8): Promise<string> {
    const folder = join(this.data, name);
    const code = `
import sys
from pathlib import Path
import numpy as np
from sightmill.data.image import write_image
folder, count, width, height, bits = Path(sys.argv[1]), *map(int, sys.argv[2:6])
for number in range(count):
    image = np.full((height, width, 3), 120, np.uint8)
    image[::2, ::2] += np.uint8(number)
    left = 8 + 9 * number % (width - 24)
    image[10:22, left:left + 12] = 220
    if bits == 16:  # as a camera of 12 bits stores it
        image = image[..., 0].astype(np.uint16) * 10
    write_image(folder / f"part {number:02d}.png", image)
`;
    await new Promise<void>((resolve, reject) => {
      const child = spawn(PYTHON, ["-c", code, folder, String(count), String(width), String(height), String(bits)], { stdio: "inherit" });
      child.on("exit", (status) => (status === 0 ? resolve() : reject(new Error("the images could not be drawn"))));
    });
    return folder;
  }

  /** A project with these images in it. */
  async project(request: APIRequestContext, name: string, method: string, folder: string): Promise<string> {
    const headers = { origin: this.url };
    const made = await request.post(`${this.url}/api/projects`, { headers, data: { name, method } });
    const { id } = (await made.json()) as { id: string };
    const job = await request.post(`${this.url}/api/projects/${id}/imports`, { headers, data: { path: folder, plain: true } });
    let { state, id: number } = (await job.json()) as { state: string; id: number };
    while (state === "running") {
      await new Promise((done) => setTimeout(done, 50));
      ({ state, id: number } = (await (await request.get(`${this.url}/api/projects/${id}/jobs/${String(number)}`)).json()) as { state: string; id: number });
    }
    return id;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const test = base.extend<{ studio: Studio }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of what a fixture needs
  studio: async ({}, provide) => {
    const studio = new Studio();
    await studio.start();
    await provide(studio);
    await studio.close();
  },
});

/** One server for all tests of a file, for those that do not kill it. */
export const shared = base.extend<object, { studio: Studio }>({
  studio: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of what a fixture needs
    async ({}, use) => {
      const studio = new Studio();
      await studio.start();
      await use(studio);
      await studio.close();
    },
    { scope: "worker" },
  ],
});

export { expect } from "@playwright/test";
