import { expect, it } from "vitest";

import { TOOLS } from "@/tools/toolbox";

import { actionOf, BINDINGS, comboOf, typing, waits } from "./keys";

const press = (key: string, more: Partial<KeyboardEvent> = {}) => comboOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });

it("each key means one thing", () => {
  const combos = BINDINGS.flatMap((each) => each.combos);
  expect(new Set(combos).size).toBe(combos.length);
  // Digits are the classes'.
  expect(combos.filter((combo) => /^[1-9]$/.test(combo))).toEqual([]);
});

it("each tool has its key", () => {
  for (const tool of TOOLS) expect(actionOf(press(tool.key.toLowerCase()))).toBe(`tool.${tool.id}`);
});

it("keys are read as they are written", () => {
  expect(actionOf(press("z", { ctrlKey: true }))).toBe("undo");
  expect(actionOf(press("Z", { ctrlKey: true, shiftKey: true }))).toBe("redo");
  expect(actionOf(press("z", { metaKey: true }))).toBe("undo");
  expect(actionOf(press("?", { shiftKey: true }))).toBe("help");
  expect(actionOf(press("Y", { shiftKey: true }))).toBe("acceptAll");
  expect(actionOf(press("y"))).toBe("accept");
  expect(actionOf(press("+", { shiftKey: true }))).toBe("zoomIn");
  expect(actionOf(press("b", { ctrlKey: true }))).toBeNull();
});

it("what is done to an image waits for it; the way to the next one does not", () => {
  expect(["nothing", "clear", "copyPrevious", "delete", "accept", "reject"].every((action) => waits(action as "clear"))).toBe(true);
  expect(["next", "previous", "unlabelled", "help", "tool.box"].some((action) => waits(action as "next"))).toBe(false);
});

it("a field keeps its keys", () => {
  const field = (html: string) => {
    document.body.innerHTML = html;
    return document.body.firstElementChild;
  };
  expect(typing(field("<input>"))).toBe(true);
  expect(typing(field("<select></select>"))).toBe(true);
  expect(typing(field("<input type=range>"))).toBe(false);
  expect(typing(field("<button></button>"))).toBe(false);
});
