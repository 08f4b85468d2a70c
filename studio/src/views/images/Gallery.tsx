import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { CircleAlert, CircleCheck, CircleHelp, TriangleAlert } from "lucide-react";
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { answer, api, keys, type ClassFacts, type ImageRow } from "@/api";
import { figure, many, splitWords } from "@/components";

import css from "./Images.module.css";
import type { Chosen, Keys } from "./selection";

/** So many rows of pictures are asked for at once. */
const BLOCK = 60;
const CAPTION = 44;
const GAP = 10;
const SHORT = { train: "train", validation: "val", test: "test" } as const;

interface GalleryProps {
  project: string;
  ids: readonly number[];
  classes: readonly ClassFacts[];
  /** How wide a picture is, in pixels. */
  size: number;
  chosen: Chosen;
  onClick: (id: number, keys: Keys) => void;
  onOpen: (id: number) => void;
  /** A key was pressed in the gallery; `columns` is what up and down mean, `page` what Page Down means. */
  onKey: (event: React.KeyboardEvent, columns: number, page: number) => void;
}

/**
 * A virtual list: whatever the number of images, only those in view are in the page, and only their blocks are asked for.
 */
export function Gallery({ project, ids, classes, size, chosen, onClick, onOpen, onKey }: GalleryProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watcher = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);

  const columns = Math.max(1, Math.floor((width + GAP) / (size + GAP)));
  const cell = width > 0 ? (width - GAP * (columns - 1)) / columns : size;
  const height = Math.round(cell * 0.78) + CAPTION + GAP;
  // eslint-disable-next-line react-hooks/incompatible-library -- the list is drawn anew at each scroll on purpose
  const list = useVirtualizer({
    count: Math.ceil(ids.length / columns),
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 3,
  });
  useEffect(() => list.measure(), [height, list]);

  const lines = list.getVirtualItems();
  const first = Math.floor(((lines[0]?.index ?? 0) * columns) / BLOCK);
  const last = Math.floor((((lines.at(-1)?.index ?? 0) + 1) * columns - 1) / BLOCK);
  const blocks: number[][] = [];
  for (let block = first; block <= last; block += 1) {
    const part = ids.slice(block * BLOCK, (block + 1) * BLOCK);
    if (part.length > 0) blocks.push(part);
  }
  const rows = useQueries({
    queries: blocks.map((part) => ({
      queryKey: [...keys.rows(project), part],
      queryFn: () => answer(api.POST("/api/projects/{project}/gallery/rows", { params: { path: { project } }, body: { ids: part } })),
      staleTime: 60_000,
    })),
    combine: useCallback((all: { data?: ImageRow[] | undefined }[]) => new Map(all.flatMap(({ data }) => data ?? []).map((row) => [row.id, row])), []),
  });
  const colours = useMemo(() => new Map(classes.map((each) => [each.name, each.colour])), [classes]);

  const { cursor } = chosen;
  useEffect(() => {
    if (cursor === null) return;
    const at = ids.indexOf(cursor);
    if (at >= 0) list.scrollToIndex(Math.floor(at / columns), { align: "auto" });
  }, [cursor, ids, columns, list]);

  const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 600) / height)) * columns;  

  return (
    <div
      ref={box}
      className={css.gallery}
      role="listbox"
      aria-label="Images"
      aria-multiselectable
       
      tabIndex={0}
      aria-activedescendant={cursor === null ? undefined : `image-${String(cursor)}`}
      onKeyDown={(event) => onKey(event, columns, page)}
    >
      <div style={{ height: list.getTotalSize(), position: "relative" }} role="presentation">
        {lines.map((line) => (
          <div key={line.key} role="presentation" className={css.line} style={{ transform: `translateY(${String(line.start)}px)`, gridTemplateColumns: `repeat(${String(columns)}, minmax(0, 1fr))`, height: height - GAP }}>
            {ids.slice(line.index * columns, (line.index + 1) * columns).map((id, at) => {
              const row = rows.get(id);
              return (
                <Tile
                  key={id}
                  id={id}
                  row={row}
                  colour={row?.labelled ? (colours.get(row.label ?? row.labels[0] ?? "") ?? "var(--text-3)") : null}
                  side={cell > 132 ? 256 : 128}
                  place={line.index * columns + at + 1}
                  of={ids.length}
                  chosen={chosen.ids.has(id)}
                  cursor={cursor === id}
                  onClick={onClick}
                  onOpen={onOpen}
                />
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

interface TileProps {
  id: number;
  row: ImageRow | undefined;
  /** The colour of its label; null while it has none. */
  colour: string | null;
  side: number;
  place: number;
  of: number;
  chosen: boolean;
  cursor: boolean;
  onClick: (id: number, keys: Keys) => void;
  onOpen: (id: number) => void;
}

const Tile = memo(function Tile({ id, row, colour, side, place, of, chosen, cursor, onClick, onOpen }: TileProps) {
  const words = row && labelWords(row);
  return (
    // The list box takes the keys for its options.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={`image-${String(id)}`}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      aria-setsize={of}
      aria-posinset={place}
      aria-label={row ? `${row.name}, ${words ?? ""}` : "Image"}
      className={css.tile}
      data-cursor={cursor || undefined}
      data-labelled={row?.labelled}
      onClick={(event) => onClick(id, { shift: event.shiftKey, control: event.ctrlKey || event.metaKey })}
      onDoubleClick={() => onOpen(id)}
    >
      <div className={css.picture} style={colour ? { borderColor: colour } : undefined}>
        {row && !row.problem && <img src={row.thumbnail.replace("side=256", `side=${String(side)}`)} alt="" loading="lazy" decoding="async" draggable={false} />}
        {row?.problem && <TriangleAlert aria-hidden />}
        {row && <Marks row={row} />}
      </div>
      <div className={css.caption}>
        <span className={css.file} title={row?.name}>
          {row?.name.split("/").at(-1) ?? "\u00a0"}
        </span>
        <span className={css.facts}>
          <i style={{ background: colour ?? "transparent" }} data-empty={colour === null || undefined} aria-hidden />
          <span>{words ?? "\u00a0"}</span>
          {row?.split && <abbr title={splitWords[row.split]}>{SHORT[row.split]}</abbr>}
        </span>
      </div>
    </div>
  );
});

/** What a model said of the image, if one did: by shape and letter, not by colour alone. */
function Marks({ row }: { row: ImageRow }) {
  if (row.predicted === null && row.score === null) return null;
  const said = `${row.predicted ?? "predicted"}${row.score === null ? "" : `, ${figure(row.score)}`}`;
  return (
    <span className={css.marks}>
      {row.score !== null && <span className={css.score}>{figure(row.score)}</span>}
      {row.wrong === true && <CircleAlert data-tip={`Predicted wrong: ${said}`} className={css.wrong} size={18} aria-label="predicted wrong" />}
      {row.wrong === false && <CircleCheck data-tip={`Predicted right: ${said}`} className={css.right} size={18} aria-label="predicted right" />}
      {row.confident === false && <CircleHelp data-tip={`Not confident: ${said}`} className={css.unsure} size={18} aria-label="not confident" />}
    </span>
  );
}

function labelWords(row: ImageRow): string {
  if (row.problem) return "unreadable";
  if (!row.labelled) return "unlabelled";
  if (row.objects > 0) {
    const kinds = row.labels.length > 0 ? row.labels.join(", ") : "";
    return row.label && row.label !== kinds ? row.label : `${kinds}${kinds ? ", " : ""}${many(row.objects, "region")}`;
  }
  return row.labels.length > 1 ? row.labels.join(", ") : (row.label ?? row.labels[0] ?? "nothing in it");
}
