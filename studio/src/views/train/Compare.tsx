import { X } from "lucide-react";

import { useCurves, useMethod, type Run } from "@/api";
import { Button, duration, figure } from "@/components";

import { RunCurves } from "./RunPage";
import { asFigure, STATES } from "./runs";
import css from "./Train.module.css";

/** Two trainings side by side: what differs in their settings, and what came of it. */
export function Compare({ project, left, right, onClose }: { project: string; left: Run; right: Run; onClose: () => void }) {
  const method = useMethod(project);
  const curves = [useCurves(project, left.id).data, useCurves(project, right.id).data];
  const pair = [left, right] as const;
  const names = [...new Set(pair.flatMap((run) => Object.keys(run.resolved ?? run.settings)))].filter(
    (name) => JSON.stringify((left.resolved ?? left.settings)[name]) !== JSON.stringify((right.resolved ?? right.settings)[name]),
  );
  const metrics = [...new Set(pair.flatMap((run) => Object.keys(run.metrics)))];
  const show = (value: unknown) => (typeof value === "number" ? figure(value, 4) : value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>Two trainings side by side</h1>
        <Button icon={X} onClick={onClose}>
          Close
        </Button>
      </header>
      <table className={css.compare}>
        <thead>
          <tr>
            <td />
            {pair.map((run) => (
              <th key={run.id} scope="col">
                {run.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">State</th>
            {pair.map((run) => (
              <td key={run.id}>{STATES[run.state].words}</td>
            ))}
          </tr>
          <tr>
            <th scope="row">Time</th>
            {pair.map((run) => (
              <td key={run.id}>{duration(run.seconds)}</td>
            ))}
          </tr>
          {metrics.map((name) => {
            const facts = method?.metrics.find((each) => each.name === name);
            const [a, b] = pair.map((run) => run.metrics[name] ?? null);
            const better = a === null || b === null || a === undefined || b === undefined || a === b ? -1 : a > b === (facts?.better !== "lower") ? 0 : 1;
            return (
              <tr key={name}>
                <th scope="row">{facts?.title ?? name.replaceAll("_", " ")}</th>
                {[a, b].map((value, index) => (
                  <td key={index} data-better={better === index || undefined}>
                    {asFigure(value, facts?.limit)}
                    {better === index && " ▲"}
                  </td>
                ))}
              </tr>
            );
          })}
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{method?.training.find((each) => each.name === name)?.title ?? name}</th>
              {pair.map((run) => (
                <td key={run.id}>{show((run.resolved ?? run.settings)[name])}</td>
              ))}
            </tr>
          ))}
          {names.length === 0 && (
            <tr>
              <th scope="row">Settings</th>
              <td colSpan={2}>the same in both</td>
            </tr>
          )}
        </tbody>
      </table>
      <div className={css.pair}>
        {pair.map((run, index) => (
          <section key={run.id} aria-label={run.name}>
            <h2>{run.name}</h2>
            {curves[index] && <RunCurves curves={curves[index]} method={method?.metrics[0]} />}
          </section>
        ))}
      </div>
    </div>
  );
}
