/** Numbers and times as people read them. */

/** A number with about three figures: 0.0123, 1.23, 123, 12 300. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 10 ** digits) return Math.round(value).toLocaleString("en").replaceAll(",", "\u2009");
  if (size < 1e-4) return value.toExponential(1);
  const whole = size >= 1 ? Math.floor(Math.log10(size)) + 1 : 0;
  return value.toFixed(Math.max(0, Math.min(size >= 1 ? digits - whole : digits, 6)));
}

export const count = (value: number): string => value.toLocaleString("en").replaceAll(",", "\u2009");

/** "1 image", "12 images". */
export const many = (value: number, one: string, more = `${one}s`): string => `${count(value)} ${value === 1 ? one : more}`;

export const percent = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined || !Number.isFinite(value) ? "–" : `${(100 * value).toFixed(digits)} %`;

/** 42 s, 3 min 05 s, 2 h 10 min. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value < 1024) return `${String(value)} B`;
  const power = Math.min(4, Math.floor(Math.log2(value) / 10));
  const unit = ["B", "KiB", "MiB", "GiB", "TiB"][power] ?? "";
  return `${(value / 1024 ** power).toFixed(value / 1024 ** power < 10 ? 1 : 0)} ${unit}`;
}

/** A moment of the server, in this browser's own time. */
export function moment(text: string | null | undefined): string {
  if (!text) return "–";
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

export const splitWords = { train: "Training", validation: "Validation", test: "Test", none: "No split" } as const;
