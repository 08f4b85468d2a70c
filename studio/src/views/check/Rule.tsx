import { useQueryClient } from "@tanstack/react-query";
import { Shuffle } from "lucide-react";
import { useRef, useState } from "react";

import { answer, api, keys, useUndo, WINDOW, type Project } from "@/api";
import { Button, Checkbox, count, Field, NumberInput, Progress, splitWords, TextInput, toast, useJob } from "@/components";

import css from "./Check.module.css";
import { bordersOf, USUAL, withBorder, type Border, type Shares } from "./shares";

const PARTS = ["train", "validation", "test"] as const;

/** Divides the images by shares that are dragged; equal shares of each class, and nothing that leaks between splits. */
export function Rule({ project, facts }: { project: string; facts: Project }) {
  const cache = useQueryClient();
  const undo = useUndo(project);
  const [shares, setShares] = useState<Shares>(USUAL);
  const [anew, setAnew] = useState(false);
  const [near, setNear] = useState(true);
  const [group, setGroup] = useState("");
  const [seed, setSeed] = useState(42);
  const without = facts.counts.splits.none ?? 0;
  const all = anew || without === 0;
  const number = all ? facts.counts.images : without;
  const { job, start, busy } = useJob(project, (done) => {
    void cache.invalidateQueries({ queryKey: keys.all(project) });
    const notes = Array.isArray(done.result.notes) ? (done.result.notes as string[]) : [];
    toast(["The images are divided.", ...notes.slice(0, 2)].join(" "), "good", { label: "Undo", run: () => undo.mutate("undo") });
  });
  const go = () => {
    const body = { ...shares, unit: "percent" as const, group: group.trim() || null, seed, anew: all, near_duplicates: near, window: WINDOW };
    start(answer(api.POST("/api/projects/{project}/split", { params: { path: { project } }, body })));
  };
  return (
    <div className={css.rule}>
      <p className={css.hint}>Training images teach. Validation images choose the best moment. Test images stay unseen until the model is judged.</p>
      <SharesBar shares={shares} onChange={setShares} />
      <div className={css.shares}>
        {PARTS.map((part) => (
          <div key={part}>
            <strong>{shares[part]} %</strong>
            <span>{splitWords[part]}</span>
          </div>
        ))}
      </div>
      {without > 0 && without < facts.counts.images && <Checkbox label={`Also those that have a split (${count(facts.counts.images - without)})`} checked={anew} onChange={setAnew} />}
      <Checkbox label="Keep near-duplicates together" checked={near} onChange={setNear} />
      <details className={css.more}>
        <summary>More rules</summary>
        <Field label="Keep together by" help="An attribute of the images, or a pattern with one group in parentheses: ^(part\d+)_ keeps all images of a part in one split.">
          {(ids) => <TextInput {...ids} value={group} maxLength={500} onChange={(event) => setGroup(event.target.value)} />}
        </Field>
        <Field label="Seed" help="Another one deals the images out differently.">
          {({ id, ...ids }) => <NumberInput id={id} describedBy={ids["aria-describedby"] ?? ""} value={seed} min={0} max={2 ** 31 - 1} step={1} onChange={(value) => setSeed(value ?? 42)} />}
        </Field>
      </details>
      {job && <Progress value={job.total > 0 ? job.done / job.total : null} label="Dividing the images" />}
      <Button tone={without > 0 ? "primary" : "plain"} icon={Shuffle} busy={busy} disabled={busy || number === 0} onClick={go}>
        {all && without < facts.counts.images ? `Divide all ${count(number)} anew` : `Divide ${count(number)} images`}
      </Button>
    </div>
  );
}

/** A bar of the three shares with two borders to drag; with arrow keys a border moves by one per cent. */
function SharesBar({ shares, onChange }: { shares: Shares; onChange: (shares: Shares) => void }) {
  const bar = useRef<HTMLDivElement>(null);
  const borders = bordersOf(shares);
  const at = (event: React.PointerEvent) => {
    const box = bar.current?.getBoundingClientRect();
    return box ? (100 * (event.clientX - box.left)) / box.width : 0;
  };
  const step = (event: React.KeyboardEvent, which: Border) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onChange(withBorder(shares, which, borders[which] + by));
  };
  return (
    <div className={css.bar} ref={bar}>
      {PARTS.map((part) => (
        <span key={part} data-part={part} style={{ width: `${String(shares[part])}%` }} />
      ))}
      {(["validation", "test"] as const).map((which) => (
        <div
          key={which}
          role="slider"
          tabIndex={0}
          className={css.border}
          style={{ left: `${String(borders[which])}%` }}
          aria-label={which === "validation" ? "Border between training and validation" : "Border between validation and test"}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={borders[which]}
          aria-valuetext={PARTS.map((part) => `${splitWords[part]} ${String(shares[part])} %`).join(", ")}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={(event) => {
            if (event.currentTarget.hasPointerCapture(event.pointerId)) onChange(withBorder(shares, which, at(event)));
          }}
          onKeyDown={(event) => step(event, which)}
        />
      ))}
    </div>
  );
}
