import { ChevronRight, CircleAlert, CircleCheck, Info, TriangleAlert, type LucideIcon } from "lucide-react";
import { useId, useRef, useState, type CSSProperties, type ReactNode } from "react";

import { Square } from "./Menu";
import css from "./Pieces.module.css";

export type Tone = "plain" | "good" | "bad" | "warn" | "accent";

export function Badge({ tone = "plain", icon: Icon, children }: { tone?: Tone; icon?: LucideIcon; children: ReactNode }) {
  return (
    <span className={`${css.badge ?? ""} ${tone === "plain" ? "" : (css[tone] ?? "")}`}>
      {Icon && <Icon size={12} aria-hidden />}
      {children}
    </span>
  );
}

/** A class: its colour and its name, never the colour alone. */
export function ClassName({ name, colour }: { name: string; colour?: string | undefined }) {
  return (
    <span className={css.chip}>
      <Square colour={colour ?? "var(--line-strong)"} />
      <span>{name}</span>
    </span>
  );
}

/** How far a work is; `value` from 0 to 1, null while nothing is known. */
export function Progress({ value, label }: { value: number | null; label: string }) {
  const percent = value === null ? 0 : Math.round(100 * Math.min(1, Math.max(0, value)));
  return (
    <div className={css.progress} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={value === null ? undefined : percent}>
      <div style={{ width: `${String(percent)}%` }} />
    </div>
  );
}

/** Where something will stand, in its own size, so that nothing jumps. */
export function Skeleton({ width = "100%", height = 16, style }: { width?: number | string; height?: number | string; style?: CSSProperties }) {
  return <div className={css.skeleton} aria-hidden style={{ width, height, ...style }} />;
}

/** Nothing here yet: what it will be, and the next step. */
export function Empty({ icon: Icon, title, children, actions }: { icon: LucideIcon; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className={css.empty}>
      <Icon size={34} strokeWidth={1.4} aria-hidden />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className={css.emptyActions}>{actions}</div>}
    </div>
  );
}

export function Note({ tone = "plain", children, action }: { tone?: "plain" | "good" | "bad" | "warn"; children: ReactNode; action?: ReactNode }) {
  const Icon = { plain: Info, good: CircleCheck, bad: CircleAlert, warn: TriangleAlert }[tone];
  return (
    <div className={css.note} data-tone={tone} role={tone === "bad" ? "alert" : undefined}>
      <Icon size={16} aria-hidden />
      <div className={css.noteBody}>{children}</div>
      {action}
    </div>
  );
}

/** The sentence of a refusal. */
export function ErrorNote({ error, action }: { error: unknown; action?: ReactNode }) {
  if (error === null || error === undefined) return null;
  return (
    <Note tone="bad" action={action}>
      {error instanceof Error ? error.message : String(error)}
    </Note>
  );
}

export function Key({ children }: { children: ReactNode }) {
  return <kbd className={css.kbd}>{children}</kbd>;
}

/** A part of a side panel that folds away. What stands beside its title may be a button. */
export function Panel({ title, aside, open = true, children }: { title: string; aside?: ReactNode; open?: boolean; children: ReactNode }) {
  const [shown, show] = useState(open);
  const id = useId();
  return (
    <section className={css.panel} data-open={shown || undefined}>
      <div className={css.panelHead}>
        <button type="button" aria-expanded={shown} aria-controls={id} onClick={() => show(!shown)}>
          <ChevronRight size={14} aria-hidden />
          {title}
        </button>
        <span>{aside}</span>
      </div>
      <div id={id} className={css.panelBody} hidden={!shown}>
        {children}
      </div>
    </section>
  );
}

interface Tab<T extends string> {
  id: T;
  label: ReactNode;
}

/** Pages of which one is shown; the caller draws the chosen page inside. */
export function Tabs<T extends string>({ label, tabs, value, onChange, children }: {
  label: string;
  tabs: readonly Tab<T>[];
  value: T;
  onChange: (id: T) => void;
  children: ReactNode;
}) {
  const base = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (event: React.KeyboardEvent) => {
    const now = tabs.findIndex((each) => each.id === value);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const tab = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!tab) return;
    event.preventDefault();
    onChange(tab.id);
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(`${base}-${tab.id}`)}`)?.focus();
  };
  return (
    <>
      <div className={css.tabs} role="tablist" aria-label={label} ref={list} tabIndex={-1} onKeyDown={move}>
        {tabs.map((each) => (
          <button
            key={each.id}
            id={`${base}-${each.id}`}
            type="button"
            role="tab"
            className={css.tab}
            aria-selected={each.id === value}
            aria-controls={`${base}-panel`}
            tabIndex={each.id === value ? 0 : -1}
            onClick={() => onChange(each.id)}
          >
            {each.label}
          </button>
        ))}
      </div>
      <div id={`${base}-panel`} role="tabpanel" aria-labelledby={`${base}-${value}`} style={{ display: "contents" }}>
        {children}
      </div>
    </>
  );
}
