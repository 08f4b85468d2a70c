import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useSyncExternalStore } from "react";

import { Button, IconButton } from "./Button";
import css from "./Overlays.module.css";

type Tone = "good" | "bad" | "plain";

interface Toast {
  id: number;
  text: string;
  tone: Tone;
  action?: { label: string; run: () => void };
}

let toasts: readonly Toast[] = [];
let last = 0;
const watchers = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const each of watchers) each();
}

const drop = (id: number) => set(toasts.filter((each) => each.id !== id));

/** Say something in passing, at the foot of the page. Bad news stays until it is closed; the rest goes after 6 seconds. */
export function toast(text: string, tone: Tone = "plain", action?: Toast["action"]): void {
  last += 1;
  const id = last;
  set([...toasts.filter((each) => each.text !== text).slice(-3), { id, text, tone, action }]);
  if (tone !== "bad") setTimeout(() => drop(id), 6000);
}

/** For `onError` of a change: the sentence of the refusal. */
export const toastError = (reason: unknown): void => {
  if (reason instanceof DOMException && reason.name === "AbortError") return;
  toast(reason instanceof Error ? reason.message : String(reason), "bad");
};

export function Toasts() {
  const all = useSyncExternalStore(
    (watch) => {
      watchers.add(watch);
      return () => void watchers.delete(watch);
    },
    () => toasts,
  );
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {all.map((each) => {
        const Icon = { good: CircleCheck, bad: CircleAlert, plain: Info }[each.tone];
        return (
          <div key={each.id} className={css.toast} data-tone={each.tone}>
            <Icon size={16} aria-hidden />
            <p>{each.text}</p>
            {each.action && (
              <Button
                size="small"
                tone="quiet"
                onClick={() => {
                  drop(each.id);
                  each.action?.run();
                }}
              >
                {each.action.label}
              </Button>
            )}
            <IconButton icon={X} label="Close" size="small" onClick={() => drop(each.id)} />
          </div>
        );
      })}
    </div>
  );
}
