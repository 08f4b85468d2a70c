/** Values of a form that was drawn from a method's parameters: what differs from the defaults, and whether it may. */
import type { Parameter } from "@/api";

export type Values = Readonly<Record<string, unknown>>;

export const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

export function valueOf(parameter: Parameter, values: Values): unknown {
  return Object.hasOwn(values, parameter.name) ? values[parameter.name] : parameter.default;
}

/** The values with one of them changed; one that is back at its default goes, so that a form says only what was chosen. */
export function withValue(parameter: Parameter, values: Values, value: unknown): Values {
  const rest = Object.fromEntries(Object.entries(values).filter(([name]) => name !== parameter.name));
  return same(value, parameter.default) ? rest : { ...rest, [parameter.name]: value };
}

/** The values with several of them changed; the very same when they stand there already. Unknown names are left out. */
export function withValues(parameters: readonly Parameter[], values: Values, wanted: readonly { name: string; value: unknown }[]): Values {
  let found = values;
  for (const { name, value } of wanted) {
    const parameter = parameters.find((each) => each.name === name);
    if (parameter && !same(valueOf(parameter, found), value)) found = withValue(parameter, found, value);
  }
  return found;
}

/** The allowed range in words: "0 to 100", "above 0", or "". */
export function rangeOf({ minimum, maximum, exclusive_minimum, exclusive_maximum }: Parameter): string {
  const low = minimum === null ? "" : `${exclusive_minimum ? "above " : ""}${String(minimum)}`;
  const high = maximum === null ? "" : `${exclusive_maximum ? "below " : ""}${String(maximum)}`;
  if (low && high) return `${low} to ${high}`;
  if (low) return exclusive_minimum ? low : `at least ${low}`;
  return high && (exclusive_maximum ? high : `at most ${high}`);
}

/** What is wrong with a value, in a sentence, or null: the server has the last word. */
export function problemOf(parameter: Parameter, value: unknown): string | null {
  const { kind, minimum, maximum, exclusive_minimum, exclusive_maximum, optional } = parameter;
  if (kind !== "int" && kind !== "float") return null;
  if (value === null) return optional ? null : `A number is needed: ${rangeOf(parameter)}.`;
  if (typeof value !== "number" || !Number.isFinite(value)) return "This is not a number.";
  if (kind === "int" && !Number.isInteger(value)) return "A whole number is needed.";
  const low = minimum !== null && (exclusive_minimum ? value <= minimum : value < minimum);
  const high = maximum !== null && (exclusive_maximum ? value >= maximum : value > maximum);
  return low || high ? `Allowed: ${rangeOf(parameter)}.` : null;
}

export const problems = (parameters: readonly Parameter[], values: Values): Map<string, string> => {
  const found = new Map<string, string>();
  for (const each of parameters) {
    const problem = problemOf(each, valueOf(each, values));
    if (problem !== null) found.set(each.name, problem);
  }
  return found;
};

/** The parameters by their group, in the order in which groups first appear. */
export function grouped(parameters: readonly Parameter[]): [string, Parameter[]][] {
  const groups = new Map<string, Parameter[]>();
  for (const each of parameters) {
    const group = groups.get(each.group);
    if (group) group.push(each);
    else groups.set(each.group, [each]);
  }
  return [...groups];
}

/** The ends of a slider, where a slider makes sense: a bounded range that a hand can aim in. */
export function sliderOf({ kind, minimum, maximum, default: usual }: Parameter): { min: number; max: number; step: number } | null {
  if (minimum === null || maximum === null || (kind !== "int" && kind !== "float") || typeof usual !== "number") return null;
  const span = maximum - minimum;
  if (span > 200 || (kind === "int" && span > 100)) return null;
  if (kind === "int") return { min: minimum, max: maximum, step: 1 };
  // A range whose usual value lies far down (a learning rate of 0.001 in 0 to 10) is typed, not slid.
  if (usual !== 0 && usual - minimum < span / 200) return null;
  return { min: minimum, max: maximum, step: span > 20 ? 0.5 : span / 100 };
}
