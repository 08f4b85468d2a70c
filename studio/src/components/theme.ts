import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const STORED = "sightmill.theme";
const watchers = new Set<() => void>();
const dark = () => window.matchMedia("(prefers-color-scheme: dark)");

export function theme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export function setTheme(next: Theme): void {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, next);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
  for (const each of watchers) each();
}

function watch(call: () => void): () => void {
  const media = dark();
  watchers.add(call);
  media.addEventListener("change", call);
  return () => {
    watchers.delete(call);
    media.removeEventListener("change", call);
  };
}

export const useTheme = (): Theme => useSyncExternalStore(watch, theme);

/** Whether what is shown is dark; changes with the choice and with the system. */
export const useDark = (): boolean =>
  useSyncExternalStore(watch, () => (theme() === "system" ? dark().matches : theme() === "dark"));

/** The colour that a token has now, for what is painted on a canvas: `tokenColour("--accent")`. */
export function tokenColour(token: `--${string}`): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
