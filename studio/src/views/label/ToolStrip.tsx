import { BoxSelect, Brush, Circle, Crosshair, Eraser, Hand, Keyboard, Lasso, MousePointer2, PaintBucket, Pentagon, RectangleHorizontal, Shapes, Square, Type, Waypoints, type LucideIcon } from "lucide-react";

import { IconButton } from "@/components";
import type { Tool, ToolId } from "@/tools/gesture";

import css from "./Label.module.css";
import type { Session } from "./session";
import { useLabel } from "./useLabelling";

const ICONS: Readonly<Record<ToolId, LucideIcon>> = {
  select: MousePointer2,
  box: Square,
  rotated_box: RectangleHorizontal,
  polygon: Pentagon,
  polyline: Waypoints,
  brush: Brush,
  eraser: Eraser,
  area: Lasso,
  fill: PaintBucket,
  point: Crosshair,
  text: Type,
  roi: BoxSelect,
  pan: Hand,
};

export const iconOf = (kind: string): LucideIcon =>
  ({ box: Square, rotated_box: RectangleHorizontal, polygon: Pentagon, polyline: Waypoints, mask: Brush, point: Crosshair })[kind] ?? Circle;

/** The tools that fit what the method learns from; the others on demand. */
export function ToolStrip({ session, tools, all, onAll, onHelp }: {
  session: Session;
  tools: readonly Tool[];
  all: boolean;
  onAll: (all: boolean) => void;
  onHelp: () => void;
}) {
  const tool = useLabel(session, (state) => state.tool);
  return (
    <div className={css.tools} role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {tools.map((each) => (
        <IconButton
          key={each.id}
          icon={ICONS[each.id]}
          label={each.title}
          shortcut={each.key}
          aria-pressed={tool === each.id}
          className={each.id === "rotated_box" ? css.turned : undefined}
          onClick={() => session.tool(each.id)}
        />
      ))}
      <span className={css.gap} />
      <IconButton icon={Shapes} label={all ? "Only the tools that fit" : "All tools"} aria-pressed={all} onClick={() => onAll(!all)} />
      <IconButton icon={Keyboard} label="Keys" shortcut="?" onClick={onHelp} />
    </div>
  );
}
