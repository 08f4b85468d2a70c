import { useId, type HTMLAttributes, type ReactNode, type Ref } from "react";

import css from "./Layout.module.css";

/** The row above a view: what it shows, and what can be done with it. */
export function Toolbar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={css.toolbar} role="toolbar" aria-label={label}>
      {children}
    </div>
  );
}

/** Keeps what follows at the end of its row. */
export function Push() {
  return <span className={css.push} />;
}

/** Cards below one another, in a page that scrolls. */
export function Page({ children }: { children: ReactNode }) {
  return <div className={css.page}>{children}</div>;
}

interface CardProps extends HTMLAttributes<HTMLElement> {
  title: string;
  /** What stands beside the title. */
  aside?: ReactNode;
  ref?: Ref<HTMLElement>;
}

/** A part of a page with its title. */
export function Card({ title, aside, children, className, ...rest }: CardProps) {
  const id = useId();
  return (
    <section className={`${css.card ?? ""} ${className ?? ""}`} aria-labelledby={id} {...rest}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
