import type { LucideIcon } from "lucide-react";
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Link, type LinkProps } from "react-router";

import css from "./Button.module.css";

export type Tone = "primary" | "plain" | "quiet" | "danger";
export type Size = "small" | "medium" | "large";

interface Look {
  tone?: Tone;
  size?: Size;
  icon?: LucideIcon;
}

const classes = (tone: Tone, size: Size, more = "") =>
  [css.button, css[tone], size !== "medium" && css[size], more].filter(Boolean).join(" ");

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Look {
  ref?: Ref<HTMLButtonElement>;
  /** Work goes on: the button waits, and keeps its width. */
  busy?: boolean;
}

export function Button({ tone = "plain", size = "medium", icon: Icon, busy, disabled, children, className, ...rest }: ButtonProps) {
  return (
    <button type="button" className={classes(tone, size, className)} disabled={disabled ?? busy} aria-busy={busy} {...rest}>
      {Icon && <Icon size={16} aria-hidden />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
  icon: LucideIcon;
  /** What it does: read out, and shown as a tip. */
  label: string;
  /** The key that does the same, shown in the tip. */
  shortcut?: string;
}

export function IconButton({ icon: Icon, label, shortcut, tone = "quiet", size = "medium", className, busy, disabled, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      data-tip={label}
      data-key={shortcut}
      aria-keyshortcuts={shortcut}
      className={classes(tone, size, `${css.square ?? ""} ${className ?? ""}`)}
      disabled={disabled ?? busy}
      {...rest}
    >
      <Icon size={size === "small" ? 15 : 17} aria-hidden />
    </button>
  );
}

/** A link that looks like a button: to another page of the studio. */
export function ButtonLink({ tone = "plain", size = "medium", icon: Icon, children, className, ...rest }: Look & LinkProps & { children: ReactNode }) {
  return (
    <Link className={classes(tone, size, className)} {...rest}>
      {Icon && <Icon size={16} aria-hidden />}
      {children}
    </Link>
  );
}

/** A link to a file that the server sends. */
export function Download({ tone = "plain", size = "medium", icon: Icon, children, className, ...rest }: Look & AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a className={classes(tone, size, className)} download {...rest}>
      {Icon && <Icon size={16} aria-hidden />}
      {children}
    </a>
  );
}
