import { useMemo, useRef, useState } from "react";

import type { JudgedImage } from "@/api";
import { Checkbox, count, figure, percent } from "@/components";

import css from "./Judge.module.css";
import { binned, moved, ratesOf, type Thresholds } from "./rates";

const WIDTH = 640;
const HEIGHT = 190;
const FOOT = 26;
const HEAD = 24;
const BINS = 50;

const NAMES = { t: "T", t1: "T1", t2: "T2" } as const;
const WORDS = { t: "Threshold T: scores above it are bad", t1: "T1: from here the model is not sure", t2: "T2: up to here the model is not sure" } as const;

interface HistogramProps {
  images: readonly JudgedImage[];
  thresholds: Thresholds;
  /** The ends of the scale; scores beyond are drawn at the end. */
  low: number;
  high: number;
  band: boolean;
  onChange: (thresholds: Thresholds) => void;
  onCommit: (thresholds: Thresholds) => void;
}

/** Scores of good and bad images, and the lines between them to drag; what they cost is counted at once. */
export function ScoreHistogram({ images, thresholds, low, high, band, onChange, onCommit }: HistogramProps) {
  const svg = useRef<SVGSVGElement>(null);
  const [held, hold] = useState<keyof Thresholds | null>(null);
  const groups = useMemo(() => binned(images, low, high, BINS), [images, low, high]);
  const most = Math.max(1, ...groups.good, ...groups.bad);
  const rates = ratesOf(images, thresholds);
  const x = (score: number) => ((Math.min(high, Math.max(low, score)) - low) / (high - low || 1)) * WIDTH;
  const y = (number: number) => (number === 0 ? 0 : Math.max(2, (number / most) * (HEIGHT - FOOT - HEAD)));
  const bin = WIDTH / BINS;
  const lines = (["t1", "t2", "t"] as const).filter((each) => thresholds[each] !== null);

  const scoreAt = (event: React.PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    if (!box) return low;
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Number((low + part * (high - low)).toPrecision(4));
  };
  const step = (event: React.KeyboardEvent, which: keyof Thresholds) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = moved(thresholds, which, Math.min(high, Math.max(low, (thresholds[which] ?? low) + (by * (high - low)) / 200)));
    onChange(next);
    onCommit(next);
  };

  return (
    <section className={css.histogram} aria-label="Scores and thresholds">
      <header>
        <h2>Scores</h2>
        <span className={css.key}>
          <i className={css.goodKey} /> good ({count(rates.good)})
        </span>
        <span className={css.key}>
          <i className={css.badKey} /> bad ({count(rates.bad)})
        </span>
        <span className={css.push}>
          <Checkbox
            label="Band of doubt (T1, T2)"
            checked={band}
            onChange={(on) => {
              const width = (high - low) / 20;
              const next = on ? { ...thresholds, t1: thresholds.t - width, t2: thresholds.t + width } : { ...thresholds, t1: null, t2: null };
              onChange(next);
              onCommit(next);
            }}
          />
        </span>
      </header>
      <svg
        ref={svg}
        viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
        preserveAspectRatio="none"
        className={css.bars}
        data-held={held ?? undefined}
        onPointerMove={(event) => held && onChange(moved(thresholds, held, scoreAt(event)))}
        onPointerUp={(event) => {
          if (!held) return;
          hold(null);
          onCommit(moved(thresholds, held, scoreAt(event)));
        }}
      >
        <defs>
          <pattern id="bad-stripes" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="5" height="5" className={css.badBar} />
            <rect width="1.6" height="5" className={css.badStripe} />
          </pattern>
        </defs>
        {thresholds.t1 !== null && thresholds.t2 !== null && (
          <rect className={css.band} x={x(thresholds.t1)} y={HEAD} width={Math.max(0, x(thresholds.t2) - x(thresholds.t1))} height={HEIGHT - FOOT - HEAD} />
        )}
        {groups.good.map((number, index) => (
          <rect key={index} className={css.goodBar} x={index * bin + 0.5} width={bin / 2 - 0.5} y={HEIGHT - FOOT - y(number)} height={y(number)} />
        ))}
        {groups.bad.map((number, index) => (
          <rect key={index} fill="url(#bad-stripes)" x={index * bin + bin / 2} width={bin / 2 - 0.5} y={HEIGHT - FOOT - y(number)} height={y(number)} />
        ))}
        <line x1={0} x2={WIDTH} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} className={css.axis} />
      </svg>
      <div className={css.lines}>
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <span key={part} className={css.tick} style={{ left: `${String(part * 100)}%` }}>
            {figure(low + part * (high - low))}
          </span>
        ))}
        {lines.map((which) => {
          const value = thresholds[which] ?? low;
          return (
            <div
              key={which}
              role="slider"
              tabIndex={0}
              className={css.line}
              data-line={which}
              aria-label={WORDS[which]}
              aria-valuemin={low}
              aria-valuemax={high}
              aria-valuenow={value}
              aria-valuetext={`${NAMES[which]} ${figure(value)}`}
              style={{ left: `${String((x(value) / WIDTH) * 100)}%` }}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                hold(which);
              }}
              onPointerMove={(event) => held === which && onChange(moved(thresholds, which, scoreAt(event)))}
              onPointerUp={(event) => {
                if (held !== which) return;
                hold(null);
                onCommit(moved(thresholds, which, scoreAt(event)));
              }}
              onKeyDown={(event) => step(event, which)}
            >
              <b>
                {NAMES[which]} {figure(value)}
              </b>
            </div>
          );
        })}
      </div>
      <dl className={css.rates} aria-live="polite">
        <div>
          <dt>Missed</dt>
          <dd>
            {count(rates.missed)} <small>of {count(rates.bad)} bad, {percent(rates.bad ? rates.missed / rates.bad : null)}</small>
          </dd>
        </div>
        <div>
          <dt>False rejects</dt>
          <dd>
            {count(rates.rejected)} <small>of {count(rates.good)} good, {percent(rates.good ? rates.rejected / rates.good : null)}</small>
          </dd>
        </div>
        <div>
          <dt>Not sure</dt>
          <dd>
            {band ? count(rates.unsure) : "–"} <small>{band ? `of ${count(rates.good + rates.bad)}` : "no band"}</small>
          </dd>
        </div>
        <div>
          <dt>Right</dt>
          <dd>{percent(rates.good + rates.bad ? 1 - (rates.missed + rates.rejected) / (rates.good + rates.bad) : null)}</dd>
        </div>
      </dl>
    </section>
  );
}
