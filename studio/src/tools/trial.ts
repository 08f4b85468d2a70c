/** A hand for tests: it holds a tool over a document, and does what a person does. */

import type { Sketch } from "@/canvas/scene";
import { changed, type Command, emptyDocument, type ImageDocument } from "@/document/annotations";
import type { Place } from "@/document/geometry";

import type { Input, Options, Tool } from "./gesture";
import { Hand } from "./hand";

type Keys = Partial<Pick<Input, "shift" | "alt" | "ctrl" | "double">>;

const OPTIONS: Options = {
  label: "a",
  snap: false,
  pixels: true,
  brush: 5,
  round: true,
  fill: false,
  onePerClass: false,
  apart: false,
  roiOutline: false,
  goodLabels: [],
};

export class Trial {
  document: ImageDocument;
  sketch: Sketch = {};
  readonly commands: Command[] = [];
  readonly hand: Hand;
  hidden = new Set<string>();
  scale = 1;

  constructor(
    tool: Tool,
    private options: Partial<Options> = {},
    document: ImageDocument = emptyDocument({ width: 100, height: 80 }),
  ) {
    this.document = document;
    this.hand = new Hand(tool, {
      context: () => ({
        document: this.document,
        scale: this.scale,
        options: { ...OPTIONS, ...this.options },
        shown: (item) => !this.hidden.has(item.label),
      }),
      sketch: (sketch) => (this.sketch = sketch),
      done: (commands) => this.run(...commands),
    });
  }

  run(...commands: readonly Command[]): this {
    this.commands.push(...commands);
    for (const command of commands) this.document = changed(this.document, command);
    return this;
  }

  with(options: Partial<Options>): this {
    this.options = { ...this.options, ...options };
    return this;
  }

  down(place: Place, keys: Keys = {}): this {
    return this.send("down", place, keys);
  }

  move(place: Place, keys: Keys = {}): this {
    return this.send("move", place, keys);
  }

  up(place: Place, keys: Keys = {}): this {
    return this.send("up", place, keys);
  }

  click(place: Place, keys: Keys = {}): this {
    return this.move(place, keys).down(place, keys).up(place, keys);
  }

  drag(way: readonly Place[], keys: Keys = {}): this {
    const [first, ...rest] = way;
    if (first === undefined) return this;
    this.move(first, keys).down(first, keys);
    for (const place of rest) this.move(place, keys);
    return this.up(way.at(-1) ?? first, keys);
  }

  key(key: string, place: Place = [0, 0]): this {
    this.hand.send({ type: "key", place, shift: false, alt: false, ctrl: false, double: false, key });
    return this;
  }

  get regions() {
    return this.document.annotations.map((item) => item.region);
  }

  get titles(): string[] {
    return this.commands.flatMap((command) => ("title" in command && command.title !== undefined ? [command.title] : []));
  }

  private send(type: Input["type"], place: Place, keys: Keys): this {
    this.hand.send({ type, place, shift: false, alt: false, ctrl: false, double: false, key: "", ...keys });
    return this;
  }
}
