import { useEffect, useRef, useState } from "react";

import css from "./Overlays.module.css";

/**
 * The one tip of the page: any element with `data-tip` (and `data-key`, the key that does the same) shows it when the
 * pointer rests on it or the keyboard reaches it.
 */
export function Tips() {
  const ref = useRef<HTMLDivElement>(null);
  const [text, say] = useState({ tip: "", key: "" });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      if (ref.current?.matches(":popover-open")) ref.current.hidePopover();
    };
    const show = (target: HTMLElement) => {
      const box = ref.current;
      if (!box || !target.isConnected) return;
      say({ tip: target.dataset.tip ?? "", key: target.dataset.key ?? "" });
      requestAnimationFrame(() => {
        if (!box.matches(":popover-open")) box.showPopover();
        const at = target.getBoundingClientRect();
        const own = box.getBoundingClientRect();
        const left = Math.max(6, Math.min(at.left + at.width / 2 - own.width / 2, window.innerWidth - own.width - 6));
        const top = at.bottom + 6 + own.height <= window.innerHeight ? at.bottom + 6 : at.top - own.height - 6;
        box.style.left = `${String(left)}px`;
        box.style.top = `${String(top)}px`;
      });
    };
    const find = (event: Event) => (event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null);
    const over = (event: Event) => {
      hide();
      const target = find(event);
      if (target) timer = setTimeout(() => show(target), 450);
    };
    const focus = (event: Event) => {
      const target = find(event);
      if (target?.matches(":focus-visible")) show(target);
    };
    document.addEventListener("pointerover", over);
    document.addEventListener("focusin", focus);
    document.addEventListener("focusout", hide);
    document.addEventListener("pointerdown", hide);
    document.addEventListener("keydown", hide);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerover", over);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("keydown", hide);
    };
  }, []);

  return (
    <div ref={ref} popover="manual" aria-hidden className={css.tip}>
      {text.tip}
      {text.key && <kbd>{text.key}</kbd>}
    </div>
  );
}
