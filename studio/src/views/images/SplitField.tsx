import { Field, Select } from "@/components";

const CHOICES = [
  { value: "", label: "no split yet" },
  { value: "train", label: "Training" },
  { value: "validation", label: "Validation" },
  { value: "test", label: "Test" },
] as const;

export type SplitChoice = (typeof CHOICES)[number]["value"];

/** Which split images go into when they come. */
export function SplitField({ value, onChange, disabled, help }: { value: SplitChoice; onChange: (value: SplitChoice) => void; disabled?: boolean; help?: string }) {
  return (
    <Field label="Put them into" {...(help === undefined ? {} : { help })}>
      {(ids) => <Select {...ids} value={value} disabled={disabled} onChange={onChange} choices={CHOICES} />}
    </Field>
  );
}
