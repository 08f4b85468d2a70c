import { CircleAlert, CircleCheck, CircleHelp, X } from "lucide-react";
import { useMemo, useState } from "react";

import type { JudgedImage } from "@/api";
import { Button, count, figure, Segmented } from "@/components";

import type { Cell } from "./Figures";
import css from "./Judge.module.css";

export type Shown = JudgedImage & { unsure: boolean };

interface WorstFirstProps {
  images: readonly Shown[];
  cell: Cell | null;
  onCell: (cell: Cell | null) => void;
  onOpen: (image: number) => void;
}

const PAGE = 60;

/** The images with the worst answers first; the frame tells right from wrong by shape, colour and word. */
export function WorstFirst({ images, cell, onCell, onOpen }: WorstFirstProps) {
  const [which, choose] = useState<"all" | "wrong" | "unsure">("all");
  const [most, setMost] = useState(PAGE);
  const wrong = images.filter((each) => each.wrong).length;
  const unsure = images.filter((each) => each.unsure).length;
  const shown = useMemo(() => {
    const chosen = images.filter((each) => (cell ? each.truth === cell.truth && each.answer === cell.answer : which === "all" || (which === "wrong" ? each.wrong : each.unsure)));
    return [...chosen].sort((a, b) => Number(b.wrong) - Number(a.wrong) || b.badness - a.badness || a.id - b.id);
  }, [images, cell, which]);
  return (
    <section className={css.worst} aria-label="Images, worst first">
      <header>
        <h2>Images, worst first</h2>
        {cell ? (
          <Button size="small" icon={X} onClick={() => onCell(null)}>
            Truth {cell.truth}, predicted {cell.answer}
          </Button>
        ) : (
          <Segmented
            label="Which images"
            value={which}
            onChange={choose}
            choices={[
              { value: "all", label: `All (${count(images.length)})` },
              { value: "wrong", label: `Wrong (${count(wrong)})` },
              ...(unsure > 0 || which === "unsure" ? [{ value: "unsure" as const, label: `Not sure (${count(unsure)})` }] : []),
            ]}
          />
        )}
      </header>
      {shown.length === 0 && <p className={css.none}>{which === "wrong" ? "No answer is wrong here." : "There is no image of this kind."}</p>}
      <ul className={css.grid}>
        {shown.slice(0, most).map((each) => {
          const state = each.wrong ? "wrong" : "right";
          const Icon = each.wrong ? CircleAlert : CircleCheck;
          return (
            <li key={each.id}>
              <button type="button" className={css.image} data-state={state} data-unsure={each.unsure || undefined} data-image={each.id} onClick={() => onOpen(each.id)} aria-label={`${each.name}: truth ${each.truth}, predicted ${each.answer ?? "nothing"}, ${state}`}>
                <img src={each.thumbnail} alt="" loading="lazy" />
                <span className={css.marks}>
                  {each.unsure && <CircleHelp size={17} aria-hidden />}
                  <Icon size={17} aria-hidden />
                </span>
                <span className={css.words}>
                  <b>{each.truth || "–"}</b>
                  {each.answer !== null && each.answer !== each.truth && <span> → {each.answer}</span>}
                </span>
                <span className={css.number}>{each.score === null ? "" : figure(each.score)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {shown.length > most && <Button onClick={() => setMost(most + 4 * PAGE)}>Show more ({count(shown.length - most)})</Button>}
    </section>
  );
}
