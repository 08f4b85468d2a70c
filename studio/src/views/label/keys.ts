/** The keys of the label view: one table, read by the handler and by the cheat-sheet. */

import { TOOLS } from "@/tools/toolbox";

export type Action =
  | `tool.${string}`
  | "next" | "previous" | "unlabelled" | "nothing" | "clear" | "copyPrevious"
  | "copy" | "paste" | "delete" | "nextObject" | "previousObject" | "selectAll" | "read"
  | "turnLeft" | "turnRight" | "smaller" | "larger"
  | "zoomIn" | "zoomOut" | "fit" | "whole" | "zoomSelection"
  | "hide" | "tags" | "snap" | "feature" | "accept" | "acceptAll" | "reject" | "review" | "panel" | "help" | "undo" | "redo";

export interface Binding {
  readonly combos: readonly string[];
  readonly action: Action;
  readonly words: string;
  readonly group: Group;
}

export type Group = "Images" | "Tools" | "Objects" | "Suggestions and review" | "View";
export const GROUPS: readonly Group[] = ["Images", "Tools", "Objects", "Suggestions and review", "View"];

const bind = (group: Group, combos: string, action: Action, words: string): Binding => ({
  group,
  combos: combos.split(" "),
  action,
  words,
});

export const BINDINGS: readonly Binding[] = [
  bind("Images", "D PageDown", "next", "Next image"),
  bind("Images", "A PageUp", "previous", "Previous image"),
  bind("Images", "W", "unlabelled", "Next unlabelled image"),
  bind("Images", "G", "nothing", "Nothing to mark here (good)"),
  bind("Images", "0", "clear", "Clear: nothing is known of the image"),
  bind("Images", "C", "copyPrevious", "Copy from the previous image"),
  ...TOOLS.map((tool) => bind("Tools", tool.key, `tool.${tool.id}`, tool.title)),
  bind("Tools", "[", "smaller", "Smaller brush"),
  bind("Tools", "]", "larger", "Larger brush"),
  bind("Tools", "S", "snap", "Snapping on or off"),
  bind("Objects", "N", "nextObject", "Next object"),
  bind("Objects", "Shift+N", "previousObject", "Previous object"),
  bind("Objects", "Ctrl+A", "selectAll", "Select all"),
  bind("Objects", "Delete", "delete", "Delete"),
  bind("Objects", "Ctrl+C", "copy", "Copy"),
  bind("Objects", "Ctrl+V", "paste", "Paste"),
  bind("Objects", ",", "turnLeft", "Turn left by 1° (Shift: 15°)"),
  bind("Objects", ".", "turnRight", "Turn right by 1° (Shift: 15°)"),
  bind("Objects", "F2", "read", "Type the reading"),
  bind("Objects", "Ctrl+Z", "undo", "Undo (in an outline: the last corner)"),
  bind("Objects", "Ctrl+Y Ctrl+Shift+Z", "redo", "Redo"),
  bind("Suggestions and review", "Y", "accept", "Accept the suggestion, or the image in review"),
  bind("Suggestions and review", "Shift+Y", "acceptAll", "Accept all suggestions"),
  bind("Suggestions and review", "U", "reject", "Reject the suggestion, or the image in review"),
  bind("Suggestions and review", "Shift+R", "review", "Review on or off"),
  bind("View", "+ =", "zoomIn", "Zoom in"),
  bind("View", "-", "zoomOut", "Zoom out"),
  bind("View", "Home", "fit", "Whole image"),
  bind("View", "End", "whole", "100 %"),
  bind("View", "Z", "zoomSelection", "Zoom to what is selected"),
  bind("View", "X", "hide", "Hide or show all marks"),
  bind("View", "I", "tags", "Names on or off"),
  bind("View", "Q", "feature", "Feature-size square on or off"),
  bind("View", "\\", "panel", "Fold the panel away"),
  bind("View", "?", "help", "This sheet"),
];

/** What is done to an image, or to what is drawn on it. The rest is about the view, or goes to another image. */
const OF_IMAGE: ReadonlySet<Action> = new Set<Action>([
  "nothing", "clear", "copyPrevious", "copy", "paste", "delete", "nextObject", "previousObject", "selectAll", "read",
  "turnLeft", "turnRight", "accept", "acceptAll", "reject", "zoomSelection",
]);

/** Whether an action waits until the image that is wanted is there. */
export const waits = (action: Action): boolean => OF_IMAGE.has(action);

/** What is said besides the table: keys that depend on what goes on. */
export const MORE: readonly { readonly group: Group; readonly keys: string; readonly words: string }[] = [
  { group: "Images", keys: "1 … 9", words: "The class with this key: of the image, of what is selected, or to draw" },
  { group: "Tools", keys: "↑ ↓ ← →", words: "Move the cross (Shift: far, Alt: one pixel)" },
  { group: "Tools", keys: "Enter", words: "Click at the cross; end an outline; brush down and up" },
  { group: "Tools", keys: "Backspace", words: "Take the last corner back" },
  { group: "Tools", keys: "Escape", words: "Cancel, unselect" },
  { group: "Objects", keys: "↑ ↓ ← →", words: "Move what is selected by a pixel (Shift: by ten)" },
  { group: "View", keys: "Space", words: "Hold and drag: move the picture" },
  { group: "View", keys: "Ctrl+↑ ↓ ← →", words: "Move the picture" },
];

const BY_COMBO = new Map(BINDINGS.flatMap((each) => each.combos.map((combo) => [combo, each.action] as const)));

/** How a key press is written in the table: "Ctrl+Shift+Z", "?". */
export function comboOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">): string {
  const letter = /^[a-z]$/i.test(event.key);
  const key = letter ? event.key.toUpperCase() : event.key;
  // Shift is part of how signs are typed, and not said twice.
  const shift = event.shiftKey && (letter || event.key.length > 1);
  return [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : "", shift ? "Shift" : "", key].filter((part) => part !== "").join("+");
}

export const actionOf = (combo: string): Action | null => BY_COMBO.get(combo) ?? null;

/** Whether what is typed belongs to a field. */
export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=range]), select, textarea"));
}
