import { Maximize, Minus, Plus } from "lucide-react";
import { useEffect, useRef } from "react";

import { IconButton, Note } from "@/components";

import { Board } from "./board";
import type { Action } from "./keys";
import css from "./Label.module.css";
import type { Session } from "./session";
import { useLabel } from "./useLabelling";

/** The picture with what is drawn on it. */
export function StageArea({ session, onBoard, labelled, problem, act }: {
  session: Session;
  onBoard: (board: Board | null) => void;
  labelled: boolean;
  problem: string | null;
  act: (action: Action) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLOutputElement>(null);
  // Of the picture that is drawn on, and not of the one that is asked for.
  const name = useLabel(session, (state) => state.image?.name ?? "");
  const count = useLabel(session, (state) => state.document?.annotations.filter((item) => item.region.kind !== "whole").length ?? 0);
  const scale = useLabel(session, (state) => state.scale);
  const hidden = useLabel(session, (state) => state.look.hidden);

  useEffect(() => {
    if (host.current === null) return;
    const made = new Board(host.current, session);
    made.readout = readout.current;
    onBoard(made);
    return () => {
      onBoard(null);
      made.close();
    };
  }, [session, onBoard]);

  const words = [name, count === 1 ? "1 object" : `${String(count)} objects`, labelled ? "labelled" : "unlabelled"].join(", ");
  return (
    <div className={css.stage}>
      {/* A drawing surface: arrow keys, Enter and the tool keys work here, see the sheet of keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={host} className={css.host} role="application" aria-label={`Picture: ${words}`} aria-roledescription="drawing surface" tabIndex={0} />
      {problem !== null && (
        <div className={css.over}>
          <Note tone="bad">{problem}</Note>
        </div>
      )}
      {hidden && <div className={css.hint}>Marks are hidden. X shows them.</div>}
      <output ref={readout} className={css.readout} aria-label="Place of the pointer, pixels" />
      <div className={css.zoom} role="group" aria-label="Zoom">
        <IconButton icon={Minus} label="Zoom out" shortcut="-" size="small" onClick={() => act("zoomOut")} />
        <button type="button" className={css.percent} data-tip="Show at 100 %" data-key="End" onClick={() => act("whole")}>
          {`${scale >= 0.1 ? String(Math.round(scale * 100)) : (scale * 100).toFixed(1)} %`}
        </button>
        <IconButton icon={Plus} label="Zoom in" shortcut="+" size="small" onClick={() => act("zoomIn")} />
        <IconButton icon={Maximize} label="Whole image" shortcut="Home" size="small" onClick={() => act("fit")} />
      </div>
    </div>
  );
}
