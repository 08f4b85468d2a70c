import { afterEach, beforeEach, expect, it } from "vitest";

import { releaseSelects } from "./release";

let end: () => void;

beforeEach(() => {
  document.body.innerHTML = "<select><option>a</option><option>b</option></select>";
  end = releaseSelects(document);
});

afterEach(() => end());

const box = (): HTMLSelectElement => document.querySelector("select") as HTMLSelectElement;
const tell = (kind: string) => box().dispatchEvent(new Event(kind, { bubbles: true }));

it("gives the focus back after a choice with the mouse", () => {
  box().focus();
  tell("pointerdown");
  expect(document.activeElement).toBe(box());
  tell("change");
  expect(document.activeElement).toBe(document.body);
});

it("keeps it while the keyboard chooses", () => {
  box().focus();
  tell("keydown");
  tell("change");
  expect(document.activeElement).toBe(box());
  tell("pointerdown");
  tell("keydown");
  tell("change");
  expect(document.activeElement).toBe(box());
});

it("ends when the view goes", () => {
  end();
  box().focus();
  tell("pointerdown");
  tell("change");
  expect(document.activeElement).toBe(box());
});
