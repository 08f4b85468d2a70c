/** The keys of the label view, while it is on the screen. */

import { type RefObject, useEffect, useRef } from "react";

import { classByKey, type LabelClass } from "@/document/classes";

import type { Board } from "./board";
import { type Action, actionOf, comboOf, typing, waits } from "./keys";
import { releaseSelects } from "./release";
import type { Session } from "./session";
import type { Turns } from "./turns";

interface Keyboard {
  board: RefObject<Board | null>;
  session: Session;
  classes: readonly LabelClass[];
  turns: Turns;
  act: (action: Action) => void;
  giveClass: (name: string) => void;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Signs that a keyboard writes with Shift on the keys that turn an object. */
const TURNS: Readonly<Record<string, number>> = { "<": -15, ";": -15, ">": 15, ":": 15 };

export function useKeyboard(keyboard: Keyboard): void {
  // The latest of everything, for the one listener that lives as long as the view.
  const latest = useRef(keyboard);
  useEffect(() => {
    latest.current = keyboard;
  });
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || typing(event.target) || document.querySelector("dialog[open]") !== null) return;
      const { turns } = latest.current;
      const job = jobOf(event, latest.current);
      if (job === null) return;
      event.preventDefault();
      // What a key does is decided when its turn comes: another image may be there then.
      if (job.waits) turns.take(() => jobOf(event, latest.current)?.run(), true);
      else turns.take(job.run, false);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key === " ") latest.current.board.current?.hold(false);
    };
    // Before the frame's own keys: an unfinished outline takes Ctrl+Z first.
    document.addEventListener("keydown", down, true);
    document.addEventListener("keyup", up, true);
    const keepSelects = releaseSelects(document);
    return () => {
      keepSelects();
      document.removeEventListener("keydown", down, true);
      document.removeEventListener("keyup", up, true);
    };
  }, []);
}

interface Job {
  /** It speaks of the image that is wanted, and not of the one that is still seen. */
  readonly waits: boolean;
  run(): void;
}

const later = (run: () => void): Job => ({ waits: true, run });
const now = (run: () => void): Job => ({ waits: false, run });

/** What a key press means; null when it is no key of this view. */
function jobOf(event: KeyboardEvent, { board, session, classes, act, giveClass }: Keyboard): Job | null {
  const at = board.current;
  const control = event.target instanceof HTMLElement && event.target.closest("button, a, summary, [role=menuitem], input, [role=tab]") !== null;
  const arrow = ARROWS[event.key];
  if (arrow !== undefined) {
    // A slider that has the focus is moved.
    if (event.target instanceof HTMLInputElement || at === null) return null;
    if (event.ctrlKey || event.metaKey) return now(() => at.stage.pan([-arrow[0] * 80, -arrow[1] * 80]));
    return later(() => board.current?.arrow(arrow[0], arrow[1], event.shiftKey, event.altKey));
  }
  if (event.key === " ") return control ? null : now(() => at?.hold(true));
  if (event.key === "Escape") return at?.canEscape === true ? now(() => at.escape()) : null;
  if (event.key === "Enter") return control ? null : later(() => board.current?.press(event.shiftKey, event.altKey));
  if (event.key === "Backspace") {
    return later(() => {
      if (board.current?.tell("Backspace") !== true) session.remove();
    });
  }
  const turn = TURNS[event.key];
  if (turn !== undefined && event.shiftKey) return later(() => board.current?.turn(turn));
  const combo = comboOf(event);
  const action = actionOf(combo);
  if (action === "undo" || action === "redo") {
    return now(() => {
      if (board.current?.tell(action) !== true) act(action);
    });
  }
  if (action !== null) return { waits: waits(action), run: () => act(action) };
  if (!/^[a-z0-9]$/i.test(combo)) return null;
  const chosen = classByKey(classes, combo.toLowerCase());
  // The classes may still be on their way, with the image.
  if (chosen === null && classes.length > 0) return null;
  return later(() => {
    if (chosen !== null) giveClass(chosen.name);
  });
}
