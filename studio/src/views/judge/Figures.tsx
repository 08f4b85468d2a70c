import { count, figure, percent } from "@/components";

import type { CurvesFigure, Figure, HistogramFigure, MatrixFigure, TableFigure } from "./figures";
import css from "./Judge.module.css";

export interface Cell {
  truth: string;
  answer: string;
}

/** One figure of the report, by its kind. */
export function FigureCard({ figure: shown, cell, onCell }: { figure: Figure; cell: Cell | null; onCell: (cell: Cell | null) => void }) {
  return (
    <figure className={css.card} data-wide={shown.kind === "table" || (shown.kind === "matrix" && shown.labels.length > 5) || undefined}>
      <figcaption>
        <strong>{shown.title}</strong>
        <span>{shown.note}</span>
      </figcaption>
      {shown.kind === "matrix" && <Matrix figure={shown} cell={cell} onCell={onCell} />}
      {shown.kind === "curves" && <Lines figure={shown} />}
      {shown.kind === "histogram" && <Bars figure={shown} />}
      {shown.kind === "table" && <Rows figure={shown} />}
    </figure>
  );
}

/** Columns are the truth, rows the prediction. Precision and recall stand at the ends; a cell leads to its images. */
function Matrix({ figure: { counts, labels, row_labels }, cell, onCell }: { figure: MatrixFigure; cell: Cell | null; onCell: (cell: Cell | null) => void }) {
  const rows = row_labels.length > 0 ? row_labels : labels;
  const column = labels.map((_, at) => counts.reduce((sum, row) => sum + (row[at] ?? 0), 0));
  const line = counts.map((row) => row.reduce((sum, each) => sum + each, 0));
  const share = (part: number | undefined, whole: number | undefined) => (part !== undefined && whole ? part / whole : null);
  return (
    <div className={css.scroll}>
      <table className={css.matrix}>
        <thead>
          <tr>
            <td />
            <th colSpan={labels.length} scope="colgroup">
              truth
            </th>
          </tr>
          <tr>
            <th scope="col">prediction</th>
            {labels.map((label) => (
              <th key={label} scope="col" title={label}>
                {label}
              </th>
            ))}
            <th scope="col">precision</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((answer, row) => (
            <tr key={answer}>
              <th scope="row">{answer}</th>
              {labels.map((truth, at) => {
                const number = counts[row]?.[at] ?? 0;
                const right = answer === truth;
                const strength = share(number, column[at]) ?? 0;
                const chosen = cell?.truth === truth && cell.answer === answer;
                return (
                  <td key={truth}>
                    <button
                      type="button"
                      disabled={number === 0}
                      aria-pressed={chosen}
                      aria-label={`${String(number)} with truth ${truth}, predicted ${answer}`}
                      data-right={right || undefined}
                      style={{ "--strength": `${String(Math.round(strength * 70 + (number > 0 ? 12 : 0)))}%` } as React.CSSProperties}
                      onClick={() => onCell(chosen ? null : { truth, answer })}
                    >
                      {count(number)}
                    </button>
                  </td>
                );
              })}
              <Share value={share(counts[row]?.[labels.indexOf(answer)], line[row])} />
            </tr>
          ))}
          <tr>
            <th scope="row">recall</th>
            {labels.map((label, at) => (
              <Share key={label} value={share(counts[rows.indexOf(label)]?.[at], column[at])} />
            ))}
            <td />
          </tr>
        </tbody>
      </table>
    </div>
  );
}

/** Green above 90 %, as the products of the field show it; the number says it too. */
function Share({ value }: { value: number | null }) {
  return (
    <td className={css.share} data-level={value === null ? undefined : value >= 0.9 ? "good" : value < 0.6 ? "bad" : undefined}>
      {percent(value, 0)}
    </td>
  );
}

const W = 320;
const H = 220;
const PAD = { left: 40, bottom: 34, top: 8, right: 8 };
const INKS = ["--accent", "--validation", "--good", "--bad", "--text-2", "--warn", "--line-strong"];

function Lines({ figure: { series, x_label, y_label, diagonal, x_range, y_range } }: { figure: CurvesFigure }) {
  const all = (pick: "x" | "y") => series.flatMap((each) => each[pick]).filter((each): each is number => each !== null);
  const span = (range: [number, number] | null, values: number[]): [number, number] => range ?? [Math.min(...values, 0), Math.max(...values, 1e-9)];
  const [x0, x1] = span(x_range, all("x"));
  const [y0, y1] = span(y_range, all("y"));
  const x = (value: number) => PAD.left + ((value - x0) / (x1 - x0 || 1)) * (W - PAD.left - PAD.right);
  const y = (value: number) => H - PAD.bottom - ((value - y0) / (y1 - y0 || 1)) * (H - PAD.bottom - PAD.top);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return (
    <>
      <svg viewBox={`0 0 ${String(W)} ${String(H)}`} className={css.lineChart} role="img" aria-label={`${y_label} over ${x_label}`}>
        {ticks.map((part) => {
          const [vx, vy] = [x0 + part * (x1 - x0), y0 + part * (y1 - y0)];
          return (
            <g key={part}>
              <line x1={x(vx)} x2={x(vx)} y1={PAD.top} y2={H - PAD.bottom} className={css.gridLine} />
              <line x1={PAD.left} x2={W - PAD.right} y1={y(vy)} y2={y(vy)} className={css.gridLine} />
              <text x={x(vx)} y={H - PAD.bottom + 13} textAnchor={part === 1 ? "end" : "middle"}>
                {figure(vx, 2)}
              </text>
              <text x={PAD.left - 5} y={y(vy) + 3.5} textAnchor="end">
                {figure(vy, 2)}
              </text>
            </g>
          );
        })}
        {diagonal && <line x1={x(x0)} y1={y(y0)} x2={x(x1)} y2={y(y1)} className={css.diagonal} />}
        {series.map((each, index) => (
          <polyline key={index} fill="none" strokeWidth={2} stroke={`var(${INKS[index % INKS.length] ?? "--accent"})`} strokeDasharray={index >= INKS.length ? "5 3" : undefined} points={each.x.map((value, at) => `${String(x(value ?? x0))},${String(y(each.y[at] ?? y0))}`).join(" ")} />
        ))}
        <text x={(W + PAD.left) / 2} y={H - 4} textAnchor="middle" className={css.axisName}>
          {x_label}
        </text>
        <text transform={`translate(10 ${String((H - PAD.bottom) / 2)}) rotate(-90)`} textAnchor="middle" className={css.axisName}>
          {y_label}
        </text>
      </svg>
      {series.some((each) => each.name) && (
        <ul className={css.legend}>
          {series.map((each, index) => (
            <li key={index}>
              <i style={{ background: `var(${INKS[index % INKS.length] ?? "--accent"})` }} /> {each.name}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Bars({ figure: { edges, groups, thresholds, x_label } }: { figure: HistogramFigure }) {
  const names = Object.keys(groups);
  const bins = edges.length - 1;
  const most = Math.max(1, ...Object.values(groups).flat());
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const x = (value: number) => PAD.left + ((value - low) / (high - low || 1)) * (W - PAD.left - PAD.right);
  const wide = (W - PAD.left - PAD.right) / Math.max(bins, 1) / Math.max(names.length, 1);
  const ink = (index: number) => (names.length === 2 ? [`var(--good)`, `var(--bad)`][index] : `var(${INKS[index % INKS.length] ?? "--accent"})`);
  return (
    <>
      <svg viewBox={`0 0 ${String(W)} ${String(H)}`} className={css.lineChart} role="img" aria-label={`Histogram of ${x_label}`}>
        {names.map((name, group) =>
          (groups[name] ?? []).map((number, bin) => {
            const height = (number / most) * (H - PAD.bottom - PAD.top);
            return <rect key={`${name}${String(bin)}`} fill={ink(group)} x={x(edges[bin] ?? 0) + group * wide} width={Math.max(0.5, wide - 0.5)} y={H - PAD.bottom - height} height={height} />;
          }),
        )}
        {Object.entries(thresholds).map(([name, value]) => (
          <g key={name}>
            <line x1={x(value)} x2={x(value)} y1={PAD.top} y2={H - PAD.bottom} className={css.diagonal} />
            <text x={x(value) + 3} y={PAD.top + 9}>
              {name}
            </text>
          </g>
        ))}
        <line x1={PAD.left} x2={W - PAD.right} y1={H - PAD.bottom} y2={H - PAD.bottom} className={css.axis} />
        {[low, (low + high) / 2, high].map((value, at) => (
          <text key={at} x={x(value)} y={H - PAD.bottom + 13} textAnchor={at === 2 ? "end" : "middle"}>
            {figure(value, 2)}
          </text>
        ))}
        <text x={PAD.left - 5} y={PAD.top + 8} textAnchor="end">
          {count(most)}
        </text>
        <text x={(W + PAD.left) / 2} y={H - 4} textAnchor="middle" className={css.axisName}>
          {x_label}
        </text>
      </svg>
      <ul className={css.legend}>
        {names.map((name, index) => (
          <li key={name}>
            <i style={{ background: ink(index) }} /> {name}
          </li>
        ))}
      </ul>
    </>
  );
}

function Rows({ figure: { columns, rows } }: { figure: TableFigure }) {
  return (
    <div className={css.scroll}>
      <table className={css.rows}>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 100).map((row, index) => (
            <tr key={index}>
              {row.map((value, at) => (
                <td key={at} data-number={typeof value === "number" || undefined}>
                  {typeof value === "number" ? (Number.isInteger(value) ? count(value) : figure(value)) : value === null ? "–" : String(value as string)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
