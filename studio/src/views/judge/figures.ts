/** The figures of an evaluation, as the server says them (`evaluation/report.py`). */
interface Base {
  title: string;
  note: string;
}

export interface CurvesFigure extends Base {
  kind: "curves";
  x_label: string;
  y_label: string;
  series: { name: string; x: (number | null)[]; y: (number | null)[] }[];
  diagonal: boolean;
  x_range: [number, number] | null;
  y_range: [number, number] | null;
}

export interface HistogramFigure extends Base {
  kind: "histogram";
  x_label: string;
  edges: number[];
  groups: Record<string, number[]>;
  thresholds: Record<string, number>;
}

export interface MatrixFigure extends Base {
  kind: "matrix";
  counts: number[][];
  labels: string[];
  row_labels: string[];
}

export interface TableFigure extends Base {
  kind: "table";
  columns: string[];
  rows: unknown[][];
}

export type Figure = CurvesFigure | HistogramFigure | MatrixFigure | TableFigure;

const KINDS = ["curves", "histogram", "matrix", "table"];

/** Those that this page can draw: a newer server may know more. */
export const figuresOf = (all: readonly Record<string, unknown>[]): Figure[] =>
  all.filter((each) => KINDS.includes(String(each.kind))) as unknown as Figure[];
