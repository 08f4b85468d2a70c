import { Check, Copy } from "lucide-react";
import { useState } from "react";

import { Button } from "./Button";
import css from "./Code.module.css";
import { toast } from "./Toasts";

/** Copies a text, and says that it did. */
export function CopyButton({ text, label = "Copy" }: { text: string | undefined; label?: string }) {
  const [copied, setCopied] = useState<string | null>(null);
  const done = copied !== null && copied === text;
  const copy = async () => {
    if (text === undefined) return;
    try {
      await navigator.clipboard.writeText(text);
      setCopied(text);
      setTimeout(() => setCopied(null), 2000);
    } catch {
      toast("The browser does not allow this page to copy. Select the code and press Ctrl+C.");
    }
  };
  return (
    <Button size="small" icon={done ? Check : Copy} disabled={text === undefined} onClick={() => void copy()}>
      {done ? "Copied" : label}
    </Button>
  );
}

/** Code as it is typed; lines that are longer than the page scroll, a command line is folded instead. */
export function Code({ label, children, fold }: { label: string; children: string; fold?: boolean }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- code that scrolls must be reachable with the keyboard
    <pre className={css.code} data-fold={fold || undefined} tabIndex={0} aria-label={label}>
      <code>{children}</code>
    </pre>
  );
}
