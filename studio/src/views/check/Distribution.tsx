import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, Images } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";

import { answer, api, keys, useUndo, WINDOW, type Project, type Where } from "@/api";
import { ClassName, count, Menu, percent, splitWords, toast } from "@/components";

import css from "./Check.module.css";
import { rowsOf, SPLITS, type Column, type Row } from "./shares";

const NAMES: Record<Column, string> = splitWords;
const DRAGGED = "application/x-sightmill-cell";

const whereOf = (row: Row | null, split: Column): Where => ({
  split,
  ...(row === null ? {} : row.label === null ? { labelled: false } : { label: row.label }),
});

const addressOf = (row: Row | null, split: Column): string =>
  new URLSearchParams({ split, ...(row === null ? {} : row.label === null ? { state: "unlabelled" } : { label: row.label }) }).toString();

/** Images of each class in each split, as bars. A cell is dragged into another split, or moved with its menu. */
export function Distribution({ project, facts }: { project: string; facts: Project }) {
  const cache = useQueryClient();
  const go = useNavigate();
  const undo = useUndo(project);
  const [held, hold] = useState<{ row: number; from: Column } | null>(null);
  const [over, setOver] = useState<Column | null>(null);
  const rows = rowsOf(facts.classes, facts.counts);
  const most = Math.max(1, ...rows.flatMap((row) => SPLITS.map((split) => row.counts[split])));
  const total = Math.max(1, facts.counts.images);
  const shown = SPLITS.filter((split) => split !== "none" || (facts.counts.splits.none ?? 0) > 0);

  const move = useMutation({
    mutationFn: ({ row, from, to }: { row: Row | null; from: Column; to: Column }) =>
      answer(
        api.POST("/api/projects/{project}/images/splits", {
          params: { path: { project } },
          body: { selection: { where: whereOf(row, from) }, split: to === "none" ? null : to, window: WINDOW },
        }),
      ),
    onSuccess: (change) => {
      void cache.invalidateQueries({ queryKey: keys.all(project) });
      if (change.id !== null) toast(change.title, "plain", { label: "Undo", run: () => undo.mutate("undo") });
    },
  });

  const cell = (row: Row | null, index: number, split: Column) => {
    const number = row === null ? (facts.counts.splits[split] ?? 0) : row.counts[split];
    const name = row === null ? "all images" : (row.label ?? "unlabelled");
    if (number === 0) return <span className={css.zero}>0</span>;
    return (
      <Menu
        entries={[
          { label: `Show ${count(number)} in the gallery`, icon: Images, onSelect: () => void go(`/projects/${project}/images?${addressOf(row, split)}`) },
          "separator",
          { title: "Move them to" },
          ...SPLITS.filter((to) => to !== split).map((to) => ({ label: NAMES[to], icon: ArrowRight, onSelect: () => move.mutate({ row, from: split, to }) })),
        ]}
      >
        {(props) => (
          <button
            type="button"
            className={css.cell}
            draggable
            aria-label={`${String(number)} images, ${name}, ${NAMES[split]}`}
            onDragStart={(event) => {
              event.dataTransfer.setData(DRAGGED, name);
              event.dataTransfer.effectAllowed = "move";
              hold({ row: index, from: split });
            }}
            onDragEnd={() => {
              hold(null);
              setOver(null);
            }}
            {...props}
          >
            <b>{count(number)}</b>
            {row === null ? (
              <small>{percent(number / total, 0)}</small>
            ) : (
              <i style={{ width: `${String(Math.max(2, (100 * number) / most))}%`, background: row.label === null ? "var(--line-strong)" : row.colour }} aria-hidden />
            )}
          </button>
        )}
      </Menu>
    );
  };

  return (
    <table className={css.distribution} data-held={held !== null || undefined}>
      <caption className="visually-hidden">Images of each class in each split</caption>
      <thead>
        <tr>
          <th scope="col">Class</th>
          {shown.map((split) => (
            <th key={split} scope="col">
              {NAMES[split]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[null, ...rows].map((row, index) => (
          <tr key={row === null ? "all" : (row.label ?? "unlabelled")} data-all={row === null || undefined}>
            <th scope="row">{row === null ? "All images" : row.label === null ? <span className={css.quiet}>unlabelled</span> : <ClassName name={row.label} colour={row.colour} />}</th>
            {shown.map((split) => (
              <td
                key={split}
                data-target={(held !== null && held.row === index && held.from !== split) || undefined}
                data-over={(held !== null && held.row === index && held.from !== split && over === split) || undefined}
                onDragOver={(event) => {
                  if (held === null || held.row !== index || held.from === split) return;
                  event.preventDefault();
                  event.dataTransfer.dropEffect = "move";
                  setOver(split);
                }}
                onDragLeave={() => setOver(null)}
                onDrop={(event) => {
                  event.preventDefault();
                  if (held !== null && held.row === index && held.from !== split) move.mutate({ row, from: held.from, to: split });
                  hold(null);
                  setOver(null);
                }}
              >
                {cell(row, index, split)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
