import { Activity, CircleHelp, Moon, Redo2, Search, Sun, SunMoon, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";

import { useJobs, useMethods, useProject, useRuns, useUndo } from "@/api";
import { Dialog, IconButton, Key, Menu, setTheme, TextInput, toast, useTheme, type Theme } from "@/components";

import css from "./Frame.module.css";
import { Work } from "./Work";

const THEMES: readonly { id: Theme; label: string; icon: typeof Sun }[] = [
  { id: "system", label: "As the system", icon: SunMoon },
  { id: "light", label: "Light", icon: Sun },
  { id: "dark", label: "Dark", icon: Moon },
];

/** The top bar: where one is, search, undo, what is going on, the theme. */
export function Bar({ project }: { project: string }) {
  const { data } = useProject(project);
  const method = useMethods().data?.find((each) => each.id === data?.method);
  return (
    <header className={css.bar}>
      <Link className={css.home} to="/" aria-label="All projects" data-tip="All projects">
        <img src="/icon.svg" width={26} height={26} alt="" />
      </Link>
      <div className={css.name}>
        <strong>{data?.name ?? project}</strong>
        <span>{method?.title}</span>
      </div>
      <SearchBox project={project} />
      <Undo project={project} />
      <Going project={project} />
      <ThemeMenu />
      <Help />
    </header>
  );
}

/** Looks for images by name or label; `/` comes here from anywhere. */
function SearchBox({ project }: { project: string }) {
  const go = useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const { pathname, search } = useLocation();
  const there = pathname.endsWith("/images");
  const text = there ? (new URLSearchParams(search).get("text") ?? "") : "";
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || typing(event.target)) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, []);
  return (
    <form
      className={css.search}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = new URLSearchParams(there ? search : "");
        const said = box.current?.value.trim() ?? "";
        if (said) wanted.set("text", said);
        else wanted.delete("text");
        void go(`/projects/${project}/images?${wanted.toString()}`);
      }}
    >
      <Search size={15} aria-hidden />
      <TextInput ref={box} key={text} type="search" defaultValue={text} aria-label="Search images" placeholder="Search images  ( / )" />
    </form>
  );
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=range]), select, textarea"));

function Undo({ project }: { project: string }) {
  const { data } = useProject(project);
  const change = useUndo(project);
  const run = useRef<(way: "undo" | "redo") => void>(() => undefined);
  useEffect(() => {
    run.current = (way) => {
      const what = data?.[way];
      if (!what || change.isPending) return;
      change.mutate(way, { onSuccess: () => toast(`${way === "undo" ? "Undone" : "Done again"}: ${what.title}`) });
    };
  });
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      // A view that has an undo of its own (a stroke not yet finished) has taken the event already.
      if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || typing(event.target)) return;
      const letter = event.key.toLowerCase();
      if (letter !== "z" && letter !== "y") return;
      event.preventDefault();
      run.current(letter === "y" || event.shiftKey ? "redo" : "undo");
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, []);
  const { undo, redo } = data ?? {};
  return (
    <>
      <IconButton icon={Undo2} label={undo ? `Undo: ${undo.title}` : "Nothing to undo"} shortcut="Ctrl+Z" disabled={!undo} onClick={() => run.current("undo")} />
      <IconButton icon={Redo2} label={redo ? `Redo: ${redo.title}` : "Nothing to redo"} shortcut="Ctrl+Y" disabled={!redo} onClick={() => run.current("redo")} />
    </>
  );
}

/** What the server is doing: trainings and jobs. */
function Going({ project }: { project: string }) {
  const jobs = useJobs(project).data ?? [];
  const runs = useRuns(project).data ?? [];
  const busy = jobs.filter((each) => each.state === "running").length + runs.filter((each) => ["running", "stopping", "queued"].includes(each.state)).length;
  const [open, show] = useState(false);
  return (
    <>
      <IconButton icon={Activity} label={busy > 0 ? `${String(busy)} at work` : "Nothing at work"} aria-pressed={busy > 0 ? true : undefined} onClick={() => show(true)} />
      {open && (
        <Dialog title="At work, and before" onClose={() => show(false)}>
          <Work project={project} jobs={jobs} runs={runs} />
        </Dialog>
      )}
    </>
  );
}

function ThemeMenu() {
  const theme = useTheme();
  const { icon } = THEMES.find((each) => each.id === theme) ?? { icon: SunMoon };
  return (
    <Menu align="end" entries={THEMES.map((each) => ({ label: each.label, icon: each.icon, checked: each.id === theme, onSelect: () => setTheme(each.id) }))}>
      {(props) => <IconButton icon={icon} label="Theme" {...props} />}
    </Menu>
  );
}

const KEYS: readonly [string, string][] = [
  ["/", "search images"],
  ["Ctrl+Z, Ctrl+Y", "undo, redo"],
  ["← → ↑ ↓", "move in the gallery"],
  ["Space", "select or unselect the image"],
  ["Ctrl+A", "select all that are shown"],
  ["Enter", "open the image to label it"],
  ["1 … 9", "give the class with this key"],
  ["0", "take the labels away"],
  ["Delete", "take images out of the project"],
  ["Escape", "unselect, close"],
];

function Help() {
  const [open, show] = useState(false);
  return (
    <>
      <IconButton icon={CircleHelp} label="Keys" onClick={() => show(true)} />
      {open && (
        <Dialog title="Keys" onClose={() => show(false)}>
          <table className={css.keys}>
            <tbody>
              {KEYS.map(([key, what]) => (
                <tr key={key}>
                  <th scope="row">
                    {key.split(" ").map((each) => (
                      <Key key={each}>{each.replace(",", "")}</Key>
                    ))}
                  </th>
                  <td>{what}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className={css.hint}>The label view has keys of its own: press ? there.</p>
        </Dialog>
      )}
    </>
  );
}
