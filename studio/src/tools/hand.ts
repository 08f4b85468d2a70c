/** The hand that holds a tool: it starts gestures, feeds them, and gives their commands away. */

import type { Sketch } from "@/canvas/scene";
import type { Command } from "@/document/annotations";
import type { Place } from "@/document/geometry";

import type { Context, Gesture, Input, Tool } from "./gesture";

export interface Owner {
  context(): Context | null;
  sketch(sketch: Sketch): void;
  done(commands: readonly Command[]): void;
}

export class Hand {
  private gesture: Gesture | null = null;
  private held: Tool;
  private shown: Sketch = {};

  constructor(
    tool: Tool,
    private readonly owner: Owner,
  ) {
    this.held = tool;
  }

  get tool(): Tool {
    return this.held;
  }

  /** Whether a gesture goes on. */
  get busy(): boolean {
    return this.gesture !== null;
  }

  take(tool: Tool): void {
    if (tool.id === this.held.id) return;
    this.cancel();
    this.held = tool;
    this.show({});
  }

  send(input: Input): void {
    if (this.gesture !== null) {
      this.go(this.gesture, input);
      return;
    }
    const context = this.owner.context();
    if (context === null) return;
    if (input.type === "down") {
      const gesture = this.held.start(input, context);
      if (gesture === null) return;
      this.gesture = gesture;
      this.go(gesture);
    } else if (input.type !== "key") this.show(this.held.hover?.(input, context) ?? {});
  }

  /** The pointer has left the stage: nothing hovers. */
  leave(): void {
    if (this.gesture === null) this.show({});
  }

  /** Give the gesture up. Says whether there was one. */
  cancel(): boolean {
    if (this.gesture === null) return false;
    this.gesture.return([]);
    this.gesture = null;
    this.show({});
    return true;
  }

  cursorAt(place: Place): string {
    const context = this.owner.context();
    return (context === null ? null : this.held.cursorAt?.(place, context)) ?? this.held.cursor;
  }

  private go(gesture: Gesture, input?: Input): void {
    const result = input === undefined ? gesture.next() : gesture.next(input);
    if (result.done === true) {
      this.gesture = null;
      this.show({});
      if (result.value.length > 0) this.owner.done(result.value);
    } else this.show(result.value);
  }

  private show(sketch: Sketch): void {
    if (sketch === this.shown) return;
    this.shown = sketch;
    this.owner.sketch(sketch);
  }
}
