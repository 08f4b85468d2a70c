import { cleanup, render, screen } from "@testing-library/react";
import user from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, describe, expect, it } from "vitest";

import type { Parameter } from "@/api";

import { SchemaForm } from "./SchemaForm";
import { problemOf, rangeOf, sliderOf, withValue, withValues, type Values } from "./values";

const parameter = (changes: Partial<Parameter>): Parameter => ({
  name: "rotation",
  title: "Rotation",
  help: "Turns images at random.",
  default: 0,
  unit: "deg",
  group: "Augmentation",
  advanced: false,
  kind: "float",
  choices: [],
  optional: false,
  minimum: 0,
  maximum: 180,
  exclusive_minimum: false,
  exclusive_maximum: false,
  ...changes,
});

const FORM = [
  parameter({}),
  parameter({ name: "batch_size", title: "Batch size", kind: "int", default: 16, minimum: 1, maximum: 4096, unit: "", group: "Optimiser", help: "Images in a step." }),
  parameter({ name: "flip", title: "Flip", kind: "bool", default: false, minimum: null, maximum: null, unit: "" }),
  parameter({ name: "solver", title: "Solver", kind: "choice", default: "adam", choices: ["adam", "sgd"], minimum: null, maximum: null, advanced: true, group: "Optimiser", unit: "" }),
  parameter({ name: "limit", title: "Limit", default: null, optional: true, minimum: 0, maximum: 1, unit: "", group: "Optimiser" }),
];

let said: Values = {};

function Shown({ advanced = false, first = {} as Values }) {
  const [values, set] = useState(first);
  const change = (next: Values) => {
    said = next;
    set(next);
  };
  return <SchemaForm parameters={FORM} values={values} onChange={change} advanced={advanced} />;
}

afterEach(cleanup);

describe("the form drawn from settings", () => {
  it("has a control with unit, range and help for each basic parameter", () => {
    render(<Shown />);
    expect(screen.getByRole("slider", { name: "Rotation" })).toBeDefined();
    expect(screen.getByText("deg")).toBeDefined();
    expect(screen.getAllByText(/Turns images at random/)[0]?.textContent).toContain("0 to 180");
    expect(screen.queryByLabelText("Solver")).toBeNull();
  });

  it("shows advanced parameters when asked, or when one was changed", () => {
    render(<Shown advanced />);
    expect(screen.getByLabelText("Solver")).toBeDefined();
    cleanup();
    render(<Shown first={{ solver: "sgd" }} />);
    expect((screen.getByLabelText<HTMLSelectElement>("Solver")).value).toBe('"sgd"');
  });

  it("says only what differs from the defaults", async () => {
    render(<Shown />);
    const batch = screen.getByLabelText("Batch size");
    await user.clear(batch);
    await user.type(batch, "32");
    await user.click(screen.getByRole("checkbox", { name: "Flip" }));
    expect(said).toEqual({ batch_size: 32, flip: true });
    await user.click(screen.getByRole("checkbox", { name: "Flip" }));
    await user.click(screen.getByRole("button", { name: "Back to 16" }));
    expect(said).toEqual({});
  });

  it("says at once what is not allowed", async () => {
    render(<Shown />);
    const batch = screen.getByLabelText("Batch size");
    await user.clear(batch);
    await user.type(batch, "0");
    expect(screen.getByRole("alert").textContent).toContain("1 to 4096");
  });

  it("leaves an optional number to the program", async () => {
    render(<Shown first={{ limit: 0.5 }} />);
    await user.clear(screen.getByLabelText("Limit"));
    expect(said).toEqual({});
  });
});

describe("values", () => {
  it("are held to their range", () => {
    const [rotation, batch] = FORM as [Parameter, Parameter];
    expect(problemOf(rotation, 180)).toBeNull();
    expect(problemOf(rotation, 181)).toContain("0 to 180");
    expect(problemOf(batch, 1.5)).toContain("whole");
    expect(problemOf(parameter({ exclusive_minimum: true }), 0)).toContain("above 0");
    expect(rangeOf(parameter({ maximum: null }))).toBe("at least 0");
  });

  it("are slid only where a hand can aim", () => {
    expect(sliderOf(FORM[0] as Parameter)).toEqual({ min: 0, max: 180, step: 0.5 });
    expect(sliderOf(parameter({ default: 0.001, maximum: 10 }))).toBeNull();
    expect(sliderOf(parameter({ maximum: 100000 }))).toBeNull();
  });

  it("back at the default go", () => {
    expect(withValue(FORM[0] as Parameter, { rotation: 4, other: 1 }, 0)).toEqual({ other: 1 });
  });

  it("takes suggestions over, and is the very same when they stand there already", () => {
    const wanted = [{ name: "batch_size", value: 8 }, { name: "rotation", value: 0 }, { name: "unknown", value: 1 }];
    const once = withValues(FORM, { rotation: 20, flip: true }, wanted);
    expect(once).toEqual({ flip: true, batch_size: 8 });
    expect(withValues(FORM, once, wanted)).toBe(once);
  });
});
