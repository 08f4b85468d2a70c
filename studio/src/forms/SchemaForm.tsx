import { RotateCcw } from "lucide-react";
import { useId } from "react";

import type { Parameter } from "@/api";
import { Checkbox, IconButton, NumberInput, Panel, Select, Slider, TextInput } from "@/components";

import css from "./SchemaForm.module.css";
import { grouped, problemOf, rangeOf, same, sliderOf, valueOf, withValue, type Values } from "./values";

interface SchemaFormProps {
  parameters: readonly Parameter[];
  values: Values;
  onChange: (values: Values) => void;
  /** When a slider is let go: where each change costs something. */
  onCommit?: (values: Values) => void;
  advanced?: boolean;
  /** What the server decided where the form says "choose for me": shown beside the field. */
  resolved?: Readonly<Record<string, unknown>> | null;
  /** Refusals of the server, by parameter. */
  errors?: ReadonlyMap<string, string>;
  /** Without groups: for a few live sliders. */
  flat?: boolean;
  disabled?: boolean;
}

/** Draws any settings from their description; it knows no method. */
export function SchemaForm({ parameters, advanced = false, flat = false, ...rest }: SchemaFormProps) {
  const shown = parameters.filter((each) => advanced || !each.advanced || Object.hasOwn(rest.values, each.name));
  if (flat) return <div className={css.flat}>{shown.map((each) => <Entry key={each.name} parameter={each} {...rest} />)}</div>;
  return (
    <div className={css.form}>
      {grouped(shown).map(([group, members]) => {
        const changed = members.filter((each) => Object.hasOwn(rest.values, each.name)).length;
        return (
          <Panel key={group} title={group} aside={changed > 0 ? `${String(changed)} changed` : ""}>
            <div className={css.fields}>
              {members.map((each) => (
                <Entry key={each.name} parameter={each} {...rest} />
              ))}
            </div>
          </Panel>
        );
      })}
    </div>
  );
}

type EntryProps = Omit<SchemaFormProps, "parameters" | "advanced" | "flat"> & { parameter: Parameter };

function Entry({ parameter, values, onChange, onCommit, resolved, errors, disabled }: EntryProps) {
  const id = useId();
  const value = valueOf(parameter, values);
  const problem = errors?.get(parameter.name) ?? problemOf(parameter, value);
  const decided = resolved?.[parameter.name];
  const changed = Object.hasOwn(values, parameter.name);
  const put = (next: unknown) => onChange(withValue(parameter, values, next));
  const commit = (next: unknown) => onCommit?.(withValue(parameter, values, next));
  const range = rangeOf(parameter);
  const help = `${id}-help`;
  return (
    <div className={css.entry} data-changed={changed || undefined}>
      <div className={css.head}>
        {parameter.kind === "bool" ? (
          <Checkbox
            label={parameter.title}
            checked={value === true}
            disabled={disabled}
            describedBy={help}
            onChange={(next) => {
              put(next);
              commit(next);
            }}
          />
        ) : (
          <label htmlFor={id}>{parameter.title}</label>
        )}
        {parameter.unit && <span className={css.unit}>{parameter.unit}</span>}
        {changed && (
          <IconButton
            icon={RotateCcw}
            label={`Back to ${describe(parameter.default)}`}
            size="small"
            disabled={disabled}
            onClick={() => {
              put(parameter.default);
              commit(parameter.default);
            }}
          />
        )}
      </div>
      <Control id={id} help={help} parameter={parameter} value={value} put={put} commit={commit} disabled={disabled} invalid={problem !== null} />
      <p id={help} className={css.help}>
        {problem !== null && (
          <span className={css.error} role="alert">
            {problem}{" "}
          </span>
        )}
        {parameter.help}
        {range && ["int", "float"].includes(parameter.kind) && <span className={css.range}> {range}.</span>}
        {decided !== undefined && decided !== null && !same(decided, value) && <span className={css.decided}> Now: {describe(decided)}.</span>}
      </p>
    </div>
  );
}

interface ControlProps {
  id: string;
  help: string;
  parameter: Parameter;
  value: unknown;
  put: (value: unknown) => void;
  commit: (value: unknown) => void;
  disabled: boolean | undefined;
  invalid: boolean;
}

function Control({ id, help, parameter, value, put, commit, disabled, invalid }: ControlProps) {
  const { kind, title, choices, optional, minimum, maximum } = parameter;
  if (kind === "bool") return null;
  if (kind === "choice") {
    return (
      <Select
        id={id}
        aria-describedby={help}
        value={JSON.stringify(value)}
        disabled={disabled}
        choices={choices.map((each) => ({ value: JSON.stringify(each), label: each === null ? "choose for me" : String(each) }))}
        onChange={(text) => {
          put(JSON.parse(text));
          commit(JSON.parse(text));
        }}
      />
    );
  }
  if (kind === "int" || kind === "float") {
    const slider = sliderOf(parameter);
    if (slider && typeof value === "number") return <Slider id={id} label={title} value={value} {...slider} disabled={disabled} onChange={put} onCommit={commit} describedBy={help} />;
    return (
      <NumberInput
        id={id}
        value={typeof value === "number" ? value : null}
        min={minimum ?? undefined}
        max={maximum ?? undefined}
        step={kind === "int" ? 1 : "any"}
        placeholder={optional ? "none" : undefined}
        describedBy={help}
        invalid={invalid}
        disabled={disabled}
        onChange={(next) => {
          put(next);
          if (next !== null || optional) commit(next);
        }}
      />
    );
  }
  if (kind === "list") {
    const lines = Array.isArray(value) ? value.map((each) => (typeof each === "string" ? each : JSON.stringify(each))) : [];
    return (
      <TextInput
        id={id}
        aria-describedby={help}
        key={lines.join(";")}
        defaultValue={lines.join("; ")}
        placeholder="none; several with ; between"
        disabled={disabled}
        onBlur={(event) => {
          const next = event.target.value.split(";").map((each) => each.trim()).filter(Boolean).map(read);
          put(next);
          commit(next);
        }}
      />
    );
  }
  return (
    <TextInput
      id={id}
      aria-describedby={help}
      value={typeof value === "string" ? value : ""}
      disabled={disabled}
      onChange={(event) => put(event.target.value)}
      onBlur={(event) => commit(event.target.value)}
    />
  );
}

/** An entry of a list as it was typed: an object or number where it reads as one, else a word. */
function read(text: string): unknown {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describe(value: unknown): string {
  if (value === null || value === "") return "choose for me";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(describe).join(", ");
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}
