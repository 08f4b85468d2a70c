import type { LucideIcon } from "lucide-react";
import { useId, type ReactNode } from "react";

import css from "./Overlays.module.css";

export interface MenuItem {
  label: string;
  icon?: LucideIcon;
  /** A coloured square before the name, for classes. */
  colour?: string;
  shortcut?: string;
  checked?: boolean;
  dangerous?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export type MenuEntry = MenuItem | "separator" | { title: string };

interface MenuProps {
  entries: readonly MenuEntry[];
  /** Draws the button that opens the menu; pass the props on to it. */
  children: (props: MenuTrigger) => ReactNode;
  align?: "start" | "end";
}

export interface MenuTrigger {
  onClick: (event: React.MouseEvent<HTMLElement>) => void;
  "aria-haspopup": "menu";
  "aria-controls": string;
}

/** A list of commands that opens from a button. Arrows move, Enter chooses, Escape closes. */
export function Menu({ entries, children, align = "start" }: MenuProps) {
  const id = useId();
  const open = (event: React.MouseEvent<HTMLElement>) => {
    const menu = document.getElementById(id);
    if (!menu) return;
    const button = event.currentTarget.getBoundingClientRect();
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    const left = align === "end" ? button.right - width : button.left;
    const below = button.bottom + 4 + height <= window.innerHeight;
    menu.style.left = `${String(Math.max(8, Math.min(left, window.innerWidth - width - 8)))}px`;
    menu.style.top = `${String(below ? button.bottom + 4 : Math.max(8, button.top - height - 4))}px`;
    menu.querySelector<HTMLElement>("[role^=menuitem]:not(:disabled)")?.focus();
  };

  const move = (event: React.KeyboardEvent) => {
    const all = [...(document.getElementById(id)?.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)") ?? [])];
    const now = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
    event.stopPropagation();
    if (to === undefined) return;
    event.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  };

  return (
    <>
      {children({ onClick: open, "aria-haspopup": "menu", "aria-controls": id })}
      <div id={id} role="menu" tabIndex={-1} popover="auto" className={css.menu} onKeyDown={move}>
        {entries.map((entry, index) => {
          if (entry === "separator") return <div key={index} className={css.separator} role="separator" />;
          if ("title" in entry) {
            return (
              <div key={index} className={css.menuTitle} role="presentation">
                {entry.title}
              </div>
            );
          }
          const { icon: Icon } = entry;
          return (
            <button
              key={index}
              type="button"
              role={entry.checked === undefined ? "menuitem" : "menuitemradio"}
              aria-checked={entry.checked}
              className={`${css.item ?? ""} ${entry.dangerous ? (css.dangerous ?? "") : ""}`}
              disabled={entry.disabled}
              onClick={() => {
                document.getElementById(id)?.hidePopover();
                entry.onSelect();
              }}
            >
              {Icon && <Icon size={15} aria-hidden />}
              {entry.colour && <Square colour={entry.colour} />}
              {entry.label}
              {entry.checked && <kbd>✓</kbd>}
              {entry.shortcut && <kbd>{entry.shortcut}</kbd>}
            </button>
          );
        })}
      </div>
    </>
  );
}

/** A square of a class's colour. */
export function Square({ colour, size = 11 }: { colour: string; size?: number }) {
  return <span aria-hidden style={{ background: colour, width: size, height: size, borderRadius: 3, flex: "none", display: "inline-block" }} />;
}
