/** The label view as a hand uses it: places are pixels of the image, wherever the picture stands on the screen. */
import { type APIRequestContext, expect, type Locator, type Page } from "@playwright/test";

import type { Studio } from "./studio";

export type Place = readonly [x: number, y: number];

/** A region as the server answers it. */
export type Stored = { kind: string } & Record<string, unknown>;

export interface StoredImage {
  id: number;
  name: string;
  labelled: boolean;
  annotations: { region: Stored; label: string; text: string | null; score: number | null; attributes: Record<string, string> }[];
  roi: Stored | null;
  review: string;
  revision: number;
}

export class Board {
  readonly surface: Locator;

  constructor(
    readonly page: Page,
    private readonly studio: Studio,
    readonly project: string,
  ) {
    this.surface = page.getByRole("application");
  }

  async open(image?: number): Promise<void> {
    await this.page.goto(`${this.studio.url}/projects/${this.project}/label${image === undefined ? "" : `?image=${String(image)}`}`);
    await this.ready();
  }

  /** The picture stands, and what the method learns from is known. */
  async ready(): Promise<void> {
    await expect(this.surface).toHaveAttribute("aria-label", /Picture: [^,]+,/);
    await expect(this.page.getByRole("complementary", { name: "Labels" }).getByRole("textbox", { name: "Name of a new class" })).toBeVisible();
  }

  /** The image of this number, from 1, is the one that is drawn on. Keys wait for theirs; a hand waits for what it sees. */
  async shows(number: number): Promise<void> {
    await expect(this.surface).toHaveAttribute("aria-label", new RegExp(`Picture: part 0*${String(number - 1)}\\.png,`));
  }

  /** Where a place of the image is on the page. */
  async at([x, y]: Place): Promise<Place> {
    return this.surface.evaluate(
      (host, place) => {
        const { left, top } = host.getBoundingClientRect();
        const [scale, dx, dy] = [Number(host.dataset.scale), Number(host.dataset.x), Number(host.dataset.y)];
        return [left + dx + place[0] * scale, top + dy + place[1] * scale] as const;
      },
      [x, y] as const,
    );
  }

  async move(place: Place): Promise<void> {
    const [x, y] = await this.at(place);
    await this.page.mouse.move(x, y);
  }

  async click(...places: Place[]): Promise<void> {
    for (const place of places) {
      await this.move(place);
      await this.page.mouse.down();
      await this.page.mouse.up();
    }
  }

  async drag(...way: Place[]): Promise<void> {
    const [first, ...rest] = way;
    if (first === undefined) return;
    await this.move(first);
    await this.page.mouse.down();
    for (const place of rest) await this.move(place);
    await this.page.mouse.up();
  }

  async key(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Everything is on the server. */
  async saved(): Promise<void> {
    await expect(this.page.getByRole("status").filter({ hasText: /^Saved$/ })).toBeVisible();
  }
}

/** What the server has stored of an image. */
export async function stored(request: APIRequestContext, studio: Studio, project: string, image: number): Promise<StoredImage> {
  // The connection that is kept may be to a server that was killed.
  const answer = await request.get(`${studio.url}/api/projects/${project}/images/${String(image)}`, { maxRetries: 3 });
  expect(answer.ok()).toBe(true);
  return (await answer.json()) as StoredImage;
}

/** The numbers of all images, in the order of the row. */
export async function imageIds(request: APIRequestContext, studio: Studio, project: string): Promise<number[]> {
  const answer = await request.post(`${studio.url}/api/projects/${project}/gallery/ids`, {
    headers: { origin: studio.url },
    data: { where: {}, sort: "added", order: "up" },
  });
  return ((await answer.json()) as { ids: number[] }).ids;
}

export async function addClass(request: APIRequestContext, studio: Studio, project: string, name: string): Promise<void> {
  const answer = await request.post(`${studio.url}/api/projects/${project}/classes`, { headers: { origin: studio.url }, data: { name } });
  expect(answer.ok()).toBe(true);
}

/** The pixels of a stored mask, as "column,row". */
export function pixelsOf(region: Stored): Set<string> {
  const { x, y, width, runs } = region as unknown as { x: number; y: number; width: number; runs: number[] };
  const found = new Set<string>();
  let at = 0;
  for (const [index, run] of runs.entries()) {
    for (let pixel = at; index % 2 === 1 && pixel < at + run; pixel += 1) {
      found.add(`${String(x + (pixel % width))},${String(y + Math.floor(pixel / width))}`);
    }
    at += run;
  }
  return found;
}

/** All pixels of an image of this size whose centres a test holds for. */
export function pixelsWhere(width: number, height: number, holds: (x: number, y: number) => boolean): Set<string> {
  const found = new Set<string>();
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) if (holds(column + 0.5, row + 0.5)) found.add(`${String(column)},${String(row)}`);
  }
  return found;
}

/** How far a place is from a way of straight pieces. */
export function awayFrom(way: readonly Place[], x: number, y: number): number {
  let least = Infinity;
  for (const [index, a] of way.entries()) {
    const b = way[Math.min(index + 1, way.length - 1)] ?? a;
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const length = dx * dx + dy * dy;
    const share = length === 0 ? 0 : Math.min(Math.max(((x - a[0]) * dx + (y - a[1]) * dy) / length, 0), 1);
    least = Math.min(least, Math.hypot(x - a[0] - share * dx, y - a[1] - share * dy));
  }
  return least;
}
