import { describe, expect, it } from "vitest";

import type { MethodFacts } from "@/api";

import { asksForSamples, fitting, wishes } from "./chooser";

const method = (id: string, learns_from: string) => ({ id, learns_from }) as MethodFacts;
const ALL = [method("anomalies", "anomaly"), method("sharp", "anomaly"), method("classes", "class"), method("boxes", "box")];
const ids = (found: readonly MethodFacts[]) => found.map((each) => each.id);

describe("the method chooser", () => {
  it("offers only what a method here can do", () => {
    expect(wishes(ALL).map((each) => each.id)).toEqual(["good", "kind", "where"]);
    expect(wishes([])).toEqual([]);
  });

  it("learns from good images when there are few bad ones", () => {
    expect(ids(fitting(ALL, "good", "few"))).toEqual(["anomalies", "sharp"]);
    expect(ids(fitting(ALL, "good", "many"))).toEqual(["classes"]);
  });

  it("waits for the second answer only where it decides", () => {
    expect(asksForSamples("good")).toBe(true);
    expect(fitting(ALL, "good", null)).toEqual([]);
    expect(ids(fitting(ALL, "where", null))).toEqual(["boxes"]);
  });

  it("leaves something to choose when the best fit is not there", () => {
    expect(ids(fitting([method("anomalies", "anomaly")], "good", "many"))).toEqual(["anomalies"]);
  });
});
