// @vitest-environment node
import { expect, it } from "vitest";

import { Turns } from "./turns";

it("keys that were pressed before their image is there wait for it, in their order", () => {
  let [wanted, held] = [1, 1];
  const labels: [image: number, label: string][] = [];
  const turns = new Turns(() => wanted === held);
  const label = (name: string): void => turns.take(() => {
    labels.push([held, name]);
    wanted += 1;
  }, true);
  const next = (): void => turns.take(() => (wanted += 1), false);
  label("good");
  label("scratch");
  label("dent");
  expect(labels).toEqual([[1, "good"]]);
  held = 2;
  turns.goOn();
  // The third waits for the third image, and what is pressed now for its turn.
  next();
  expect([labels.at(-1), wanted]).toEqual([[2, "scratch"], 3]);
  held = 3;
  turns.goOn();
  expect([labels, wanted]).toEqual([[[1, "good"], [2, "scratch"], [3, "dent"]], 4]);
  held = 4;
  turns.goOn();
  expect(wanted).toBe(5);
});

it("what waits is dropped when the image does not come", () => {
  const turns = new Turns(() => false);
  let done = 0;
  turns.take(() => (done += 1), true);
  turns.giveUp(true);
  turns.take(() => (done += 1), true);
  // The way to another image stays open.
  turns.take(() => (done += 10), false);
  expect(done).toBe(10);
});
