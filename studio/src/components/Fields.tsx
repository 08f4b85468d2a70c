import { useId, useState, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes } from "react";

import css from "./Fields.module.css";

interface FieldProps {
  label: ReactNode;
  unit?: string;
  help?: ReactNode;
  error?: string | null;
  /** The control; it gets the ids that tie label, help and error to it. */
  children: (ids: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined }) => ReactNode;
}

/** A labelled control with its unit, its help and what is wrong with its value. */
export function Field({ label, unit, help, error, children }: FieldProps) {
  const id = useId();
  const described = help !== undefined || error ? `${id}-help` : undefined;
  return (
    <div className={css.field}>
      <label className={css.label} htmlFor={id}>
        {label} {unit && <span className={css.unit}>{unit}</span>}
      </label>
      {children({ id, "aria-describedby": described, "aria-invalid": error ? true : undefined })}
      {described && (
        <div id={described}>
          {error && (
            <p className={css.error} role="alert">
              {error}
            </p>
          )}
          {help !== undefined && <p className={css.help}>{help}</p>}
        </div>
      )}
    </div>
  );
}

export function TextInput({ ref, className, ...rest }: InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  return <input type="text" spellCheck={false} autoComplete="off" ref={ref} className={`${css.input ?? ""} ${className ?? ""}`} {...rest} />;
}

interface Choice<T extends string> {
  value: T;
  label: string;
}

interface SelectProps<T extends string> extends Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange" | "value"> {
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
}

export function Select<T extends string>({ choices, onChange, className, ...rest }: SelectProps<T>) {
  return (
    <select className={`${css.select ?? ""} ${className ?? ""}`} onChange={(event) => onChange(event.target.value as T)} {...rest}>
      {choices.map((each) => (
        <option key={each.value} value={each.value}>
          {each.label}
        </option>
      ))}
    </select>
  );
}

export function Checkbox({ label, checked, onChange, disabled, describedBy }: {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  describedBy?: string;
}) {
  return (
    <label className={css.check}>
      <input type="checkbox" checked={checked} disabled={disabled} aria-describedby={describedBy} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface NumberProps {
  value: number | null;
  onChange: (value: number | null) => void;
  label?: string;
  id?: string;
  min?: number;
  max?: number;
  step?: number | "any";
  placeholder?: string;
  describedBy?: string;
  invalid?: boolean;
  disabled?: boolean;
}

/** A number that may be half typed: the value is told when it is a number, or empty. */
export function NumberInput({ value, onChange, label, id, describedBy, invalid, step = "any", ...rest }: NumberProps) {
  const [typed, type] = useState<string | null>(null);
  return (
    <input
      type="number"
      inputMode="decimal"
      id={id}
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={invalid}
      className={css.number}
      step={step}
      value={typed ?? value ?? ""}
      onChange={(event) => {
        type(event.target.value);
        if (event.target.value === "") onChange(null);
        else if (Number.isFinite(event.target.valueAsNumber)) onChange(event.target.valueAsNumber);
      }}
      onBlur={() => type(null)}
      {...rest}
    />
  );
}

interface SliderProps {
  label: string;
  id?: string;
  describedBy?: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  onChange: (value: number) => void;
  /** When the hand lets go. */
  onCommit?: (value: number) => void;
  /** Beside the number, instead of an input: for values that need no exactness. */
  show?: (value: number) => string;
  disabled?: boolean;
}

/** A range with its number beside it. */
export function Slider({ label, id, describedBy, value, min, max, step, onChange, onCommit, show, disabled }: SliderProps) {
  const fine = step ?? (max - min) / 200;
  return (
    <div className={css.slider}>
      <input
        type="range"
        id={id}
        aria-label={label}
        aria-describedby={describedBy}
        aria-valuetext={show?.(value)}
        min={min}
        max={max}
        step={fine}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        onPointerUp={(event) => onCommit?.(event.currentTarget.valueAsNumber)}
        onKeyUp={(event) => onCommit?.(event.currentTarget.valueAsNumber)}
      />
      {show ? (
        <output>{show(value)}</output>
      ) : (
        <NumberInput
          label={`${label}, as a number`}
          value={value}
          min={min}
          max={max}
          disabled={disabled}
          onChange={(number) => {
            if (number === null || number < min || number > max) return;
            onChange(number);
            onCommit?.(number);
          }}
        />
      )}
    </div>
  );
}

/** One of a few, all in view. */
export function Segmented<T extends string>({ label, value, choices, onChange, disabled }: {
  label: string;
  value: T;
  choices: readonly (Choice<T> & { icon?: ReactNode })[];
  onChange: (value: T) => void;
  disabled?: boolean;
}) {
  const name = useId();
  return (
    <fieldset className={css.segmented} aria-label={label}>
      {choices.map((each) => (
        <label key={each.value}>
          <input type="radio" name={name} value={each.value} checked={each.value === value} disabled={disabled} onChange={() => onChange(each.value)} />
          <span>
            {each.icon}
            {each.label}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
