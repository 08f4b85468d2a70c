import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";

import { IconButton } from "./Button";
import css from "./Overlays.module.css";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** The buttons, at the foot. */
  actions?: ReactNode;
  wide?: boolean;
}

/** The browser's own modal dialog: it holds the focus, Escape closes it. Shown while it is mounted. */
export function Dialog({ title, onClose, children, actions, wide }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // A click on the veil closes too; the keyboard has Escape.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className={`${css.dialog ?? ""} ${wide ? (css.wide ?? "") : ""}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={css.dialogHead}>
        <h2 id={heading}>{title}</h2>
        <IconButton icon={X} label="Close" size="small" onClick={onClose} />
      </div>
      <div className={css.dialogBody}>{children}</div>
      {actions && <div className={css.dialogFoot}>{actions}</div>}
    </dialog>
  );
}
