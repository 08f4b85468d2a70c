import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Check, CircleDashed, ThumbsDown, ThumbsUp, X } from "lucide-react";
import { useEffect, useRef } from "react";

import { answer, api, type ImageRow, keys } from "@/api";
import { Select } from "@/components";
import { colourOf, type LabelClass } from "@/document/classes";

import css from "./Label.module.css";
import { type Course, FILTERS } from "./useLabelling";

const WIDTH = 84;
/** Rows are asked for by pages, so that scrolling asks seldom. */
const PAGE = 50;

/** The images in a row; the frame of each is the colour of its label, the sign its state. */
export function Filmstrip({ project, course, classes }: { project: string; course: Course; classes: readonly LabelClass[] }) {
  const scroll = useRef<HTMLDivElement>(null);
  const { ids, index } = course;
  // eslint-disable-next-line react-hooks/incompatible-library -- the row is drawn anew at each scroll on purpose
  const strip = useVirtualizer({
    horizontal: true,
    count: ids.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => WIDTH,
    overscan: 4,
  });
  const items = strip.getVirtualItems();
  const first = Math.floor((items[0]?.index ?? 0) / PAGE) * PAGE;
  const last = Math.ceil(((items.at(-1)?.index ?? 0) + 1) / PAGE) * PAGE;
  const wanted = ids.slice(first, last);
  const rows = useQuery({
    queryKey: [...keys.rows(project), "strip", wanted],
    queryFn: () => answer(api.POST("/api/projects/{project}/gallery/rows", { params: { path: { project } }, body: { ids: wanted.slice(0, 500) } })),
    enabled: wanted.length > 0,
    placeholderData: keepPreviousData,
  });
  const known = new Map((rows.data ?? []).map((row) => [row.id, row]));

  useEffect(() => {
    if (index >= 0) strip.scrollToIndex(index, { align: "center" });
  }, [strip, index, ids.length]);

  return (
    <div className={css.film}>
      <div className={css.filmSide}>
        <Select
          aria-label="Which images"
          value={course.filter}
          choices={FILTERS.map(({ value, label }) => ({ value, label }))}
          onChange={course.setFilter}
        />
      </div>
      {course.ready && ids.length === 0 ? (
        <p className={css.none}>No image is like that.</p>
      ) : (
        <div ref={scroll} className={css.filmScroll} role="listbox" aria-label="Images" aria-orientation="horizontal" tabIndex={-1}>
          <div style={{ width: strip.getTotalSize(), height: "100%", position: "relative" }}>
            {items.map((item) => {
              const id = ids[item.index];
              if (id === undefined) return null;
              return (
                <div key={id} role="presentation" style={{ position: "absolute", left: item.start, width: WIDTH, height: "100%" }}>
                  <Frame row={known.get(id)} current={id === course.id} classes={classes} onGo={() => course.go(id)} />
                </div>
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}

function Frame({ row, current, classes, onGo }: { row: ImageRow | undefined; current: boolean; classes: readonly LabelClass[]; onGo: () => void }) {
  const label = row?.label ?? row?.labels[0] ?? null;
  const state = row === undefined ? "" : row.problem !== null ? "cannot be read" : row.labelled ? (row.labels.join(", ") || "nothing to mark") : "unlabelled";
  const Sign = row === undefined ? null : row.problem !== null ? X : row.review === "accepted" ? ThumbsUp : row.review === "rejected" ? ThumbsDown : row.labelled ? Check : CircleDashed;
  return (
    <button
      type="button"
      role="option"
      aria-selected={current}
      aria-label={row === undefined ? "Image" : `${row.name}: ${state}`}
      data-tip={row?.name}
      className={css.frame}
      tabIndex={current ? 0 : -1}
      style={{ borderColor: label === null ? undefined : colourOf(classes, label) }}
      onClick={onGo}
    >
      {row !== undefined && row.problem === null && <img src={row.thumbnail.replace("side=256", "side=128")} alt="" loading="lazy" draggable={false} />}
      {Sign !== null && (
        <span className={css.sign} data-state={row?.review === "rejected" || row?.problem !== null ? "bad" : row?.labelled ? "done" : "open"}>
          <Sign size={11} aria-hidden />
        </span>
      )}
    </button>
  );
}
