import { MoreHorizontal, Trash2 } from "lucide-react";
import { useEffect, useState, type RefObject } from "react";

import { Field, IconButton, Menu, Select, Square, TextInput } from "@/components";
import { type Annotation, ROI } from "@/document/annotations";
import { colourOf } from "@/document/classes";
import { areaOf, KIND_TITLES, lengthOf, type Region } from "@/document/regions";

import type { Board } from "./board";
import css from "./Label.module.css";
import type { Session } from "./session";
import { iconOf } from "./ToolStrip";
import { useLabel } from "./useLabelling";

/** What is drawn on the image, and the reading of the selected text. */
export function ObjectList({ session, board, reading, reads }: {
  session: Session;
  board: RefObject<Board | null>;
  reading: RefObject<HTMLInputElement | null>;
  reads: boolean;
}) {
  const document = useLabel(session, (state) => state.document);
  const classes = useLabel(session, (state) => state.look.classes);
  const hovered = useLabel(session, (state) => state.hovered);
  if (document === null) return null;
  const objects = document.annotations.filter((item) => item.region.kind !== "whole");
  const only = document.selection.length === 1 ? objects.find((item) => item.id === document.selection[0]) : undefined;
  const written = only !== undefined && (only.text !== null || (reads && (only.region.kind === "box" || only.region.kind === "rotated_box")));
  const select = (id: string, more: boolean): void => {
    const { selection } = document;
    session.select(more ? (selection.includes(id) ? selection.filter((each) => each !== id) : [...selection, id]) : [id]);
    board.current?.reveal([id]);
  };
  if (objects.length === 0 && document.roi === null) return <p className={css.none}>Nothing is drawn yet.</p>;
  return (
    <>
      {written && <Reading key={only.id} item={only} field={reading} onRead={(text) => session.run([{ type: "read", id: only.id, text }])} />}
      {only !== undefined && classes.length > 0 && (
        <div className={css.relabel}>
          <Select
            aria-label="Class of the selected object"
            value={only.label}
            choices={[...new Set([...classes.map((item) => item.name), only.label])].map((value) => ({ value, label: value === "" ? "no class" : value }))}
            onChange={(label) => session.run([{ type: "relabel", ids: [only.id], label }])}
          />
        </div>
      )}
      <ul className={css.objects} aria-label="Objects">
        {document.roi !== null && (
          <li className={css.object} data-selected={document.selection.includes(ROI) || undefined}>
            <button type="button" onClick={(event) => select(ROI, event.shiftKey)}>
              <span>Region of interest</span>
            </button>
            <IconButton icon={Trash2} size="small" label="Clear the region of interest" onClick={() => session.run([{ type: "roi", roi: null }])} />
          </li>
        )}
        {objects.map((item) => {
          const Icon = iconOf(item.region.kind);
          return (
            <li
              key={item.id}
              className={css.object}
              data-selected={document.selection.includes(item.id) || undefined}
              data-hovered={hovered === item.id || undefined}
              onPointerEnter={() => session.hover(item.id)}
              onPointerLeave={() => session.hover(null)}
            >
              <button type="button" aria-pressed={document.selection.includes(item.id)} onClick={(event) => select(item.id, event.shiftKey || event.ctrlKey)}>
                <Square colour={colourOf(classes, item.label)} />
                <span>{item.label === "" ? "no class" : item.label}</span>
                {item.text !== null && (item.text === "" ? <em>not read yet</em> : <q>{item.text}</q>)}
                <span className={css.measure}>{measure(item, document)}</span>
                <Icon size={13} aria-label={KIND_TITLES[item.region.kind]} />
              </button>
              <Menu
                align="end"
                entries={[
                  ...(isArea(item.region) ? [{ label: "Make a mask of its pixels", onSelect: () => session.asMask(item.id) }] : []),
                  ...(item.region.kind === "mask" ? [{ label: "Each piece its own object", onSelect: () => session.inPieces(item.id) }] : []),
                  { label: "Delete", shortcut: "Del", dangerous: true, onSelect: () => session.run([{ type: "remove", ids: [item.id] }]) },
                ]}
              >
                {(props) => <IconButton icon={MoreHorizontal} size="small" label={`More for ${item.label || "this object"}`} {...props} />}
              </Menu>
            </li>
          );
        })}
      </ul>
    </>
  );
}

const isArea = (region: Region): boolean => region.kind === "box" || region.kind === "rotated_box" || region.kind === "polygon";

function measure(item: Annotation, size: { width: number; height: number }): string {
  const { region } = item;
  switch (region.kind) {
    case "box":
      return `${round(region.x2 - region.x1)} × ${round(region.y2 - region.y1)}`;
    case "rotated_box":
      return `${round(region.width)} × ${round(region.height)}`;
    case "point":
      return `${round(region.x)}, ${round(region.y)}`;
    case "polyline":
      return `${round(lengthOf(region))} px`;
    default:
      return `${round(areaOf(region, size))} px²`;
  }
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** What a text box reads. It is asked for as soon as the box is drawn; Enter stores it. */
function Reading({ item, field, onRead }: { item: Annotation; field: RefObject<HTMLInputElement | null>; onRead: (text: string) => void }) {
  const [text, type] = useState(item.text ?? "");
  const fresh = item.text === "";
  useEffect(() => {
    if (fresh) field.current?.focus();
  }, [fresh, field]);
  const store = (): void => {
    if (text !== (item.text ?? "")) onRead(text);
  };
  return (
    <form
      className={css.reading}
      onSubmit={(event) => {
        event.preventDefault();
        store();
        field.current?.blur();
      }}
    >
      <Field label="It reads">
        {(ids) => <TextInput {...ids} ref={field} value={text} maxLength={10_000} placeholder="Type what is written there" onChange={(event) => type(event.target.value)} onBlur={store} />}
      </Field>
    </form>
  );
}
