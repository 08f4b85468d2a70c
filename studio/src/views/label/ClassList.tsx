import { Eye, EyeOff, MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";

import { answer, api, type ClassFacts, WINDOW } from "@/api";
import { Button, Checkbox, Dialog, Field, IconButton, Key, Menu, Square, TextInput, toastError } from "@/components";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api";

import type { Action } from "./keys";
import css from "./Label.module.css";
import { type Labelling, useLabel } from "./useLabelling";

/** The classes: what the image is, or what is drawn next. Their keys do the same. */
export function ClassList({ project, labelling, goesOn, onGoesOn, onClass, act }: {
  project: string;
  labelling: Labelling;
  goesOn: boolean;
  onGoesOn: (on: boolean) => void;
  onClass: (name: string) => void;
  act: (action: Action) => void;
}) {
  const { session, whole, wholeOnly, method } = labelling;
  const document = useLabel(session, (state) => state.document);
  const active = useLabel(session, (state) => state.options.label);
  const hidden = useLabel(session, (state) => state.look.hiddenLabels);
  const cache = useQueryClient();
  const [changing, change] = useState<ClassFacts | null>(null);
  const [name, type] = useState("");
  const classes = labelling.project?.classes ?? [];
  const several = method?.learns_from === "multi_label";
  const counts = new Map<string, number>();
  const said = new Set<string>();
  for (const item of document?.annotations ?? []) {
    if (item.region.kind === "whole") said.add(item.label);
    else counts.set(item.label, (counts.get(item.label) ?? 0) + 1);
  }
  const renew = (): void => void cache.invalidateQueries({ queryKey: keys.project(project) });
  const add = (): void => {
    const wanted = name.trim();
    if (wanted === "") return;
    void answer(api.POST("/api/projects/{project}/classes", { params: { path: { project } }, body: { name: wanted, window: WINDOW } }))
      .then(() => {
        type("");
        if (!wholeOnly) session.options({ label: wanted });
        renew();
      })
      .catch(toastError);
  };
  const remove = (item: ClassFacts): void =>
    void answer(api.DELETE("/api/projects/{project}/classes/{id}", { params: { path: { project, id: item.id }, query: { window: WINDOW } } }))
      .then(() => {
        void cache.invalidateQueries({ queryKey: keys.all(project) });
      })
      .catch(toastError);
  const show = (label: string): void => {
    const next = new Set(hidden);
    if (!next.delete(label)) next.add(label);
    session.look({ hiddenLabels: next });
  };

  return (
    <div className={css.classes}>
      {classes.length === 0 && <p className={css.none}>{wholeOnly ? "Add the classes that images belong to." : `No classes yet: what you draw is called “${active}” until you name it.`}</p>}
      <ul role={whole && !several ? "radiogroup" : "group"} aria-label={whole ? "The image is" : "Class to draw"}>
        {classes.map((item) => {
          const chosen = whole ? said.has(item.name) : active === item.name;
          const draws = whole && !wholeOnly && active === item.name;
          return (
            <li key={item.id} role="none" className={css.class} data-chosen={chosen || undefined}>
              <button
                type="button"
                role={whole && !several ? "radio" : "checkbox"}
                aria-checked={chosen}
                className={css.className}
                onClick={() => onClass(item.name)}
              >
                <span className={css.hotkey}>{item.hotkey !== null && <Key>{item.hotkey}</Key>}</span>
                <Square colour={item.colour} size={14} />
                <span>{item.name}</span>
                {draws && <em>draws</em>}
              </button>
              <span className={css.number}>{counts.get(item.name) ?? ""}</span>
              {!wholeOnly && (
                <IconButton icon={hidden.has(item.name) ? EyeOff : Eye} size="small" label={hidden.has(item.name) ? `Show ${item.name}` : `Hide ${item.name}`} aria-pressed={hidden.has(item.name)} onClick={() => show(item.name)} />
              )}
              <Menu
                align="end"
                entries={[
                  ...(whole && !wholeOnly ? [{ label: "Draw with this class", onSelect: () => session.options({ label: item.name }) }] : []),
                  { label: "Name, colour, key …", onSelect: () => change(item) },
                  "separator",
                  { label: "Remove with its labels", dangerous: true, onSelect: () => remove(item) },
                ]}
              >
                {(props) => <IconButton icon={MoreHorizontal} size="small" label={`More for ${item.name}`} {...props} />}
              </Menu>
            </li>
          );
        })}
      </ul>
      <form
        className={css.add}
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <TextInput aria-label="Name of a new class" placeholder="New class" value={name} maxLength={200} onChange={(event) => type(event.target.value)} />
        <IconButton icon={Plus} label="Add the class" type="submit" disabled={name.trim() === ""} />
      </form>
      {!whole && (
        <div className={css.row}>
          <Button size="small" data-key="G" data-tip="The image is labelled, and there is nothing in it" onClick={() => act("nothing")}>
            Nothing to mark
          </Button>
          {document?.labelled === true && document.annotations.length === 0 && <span className={css.none}>Marked as empty.</span>}
        </div>
      )}
      {wholeOnly && !several && <Checkbox label="Go on to the next image after a label" checked={goesOn} onChange={onGoesOn} />}
      {changing !== null && (
        <ClassDialog
          item={changing}
          onClose={() => change(null)}
          onChange={(body) =>
            answer(api.PATCH("/api/projects/{project}/classes/{id}", { params: { path: { project, id: changing.id } }, body: { ...body, window: WINDOW } })).then(() => {
              change(null);
              void cache.invalidateQueries({ queryKey: keys.all(project) });
            })
          }
        />
      )}
    </div>
  );
}

/** The palette that can be told apart with any colour vision (Okabe & Ito, and some more). */
const COLOURS = ["#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#f0e442", "#7f59c4", "#a06e3c", "#78c850", "#d7375a", "#5adccd", "#009e73", "#d55e00"];

function ClassDialog({ item, onClose, onChange }: {
  item: ClassFacts;
  onClose: () => void;
  onChange: (body: { name?: string; colour?: string; hotkey?: string }) => Promise<void>;
}) {
  const [name, setName] = useState(item.name);
  const [colour, setColour] = useState(item.colour);
  const [hotkey, setHotkey] = useState(item.hotkey ?? "");
  const [wrong, say] = useState<string | null>(null);
  const [busy, work] = useState(false);
  const submit = (): void => {
    work(true);
    onChange({ name: name.trim(), colour, hotkey }).catch((reason: unknown) => {
      say(reason instanceof Error ? reason.message : String(reason));
      work(false);
    });
  };
  return (
    <Dialog
      title={`Class ${item.name}`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} disabled={name.trim() === ""} onClick={submit}>
            Change
          </Button>
        </>
      }
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field label="Name" error={wrong} help="The name of another class joins the two.">
          {(ids) => <TextInput {...ids} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <fieldset className={css.colours}>
          <legend>Colour</legend>
          {[...new Set([...COLOURS, item.colour])].map((each) => (
            <button key={each} type="button" aria-label={`Colour ${each}`} aria-pressed={each === colour} style={{ background: each }} onClick={() => setColour(each)} />
          ))}
          <input type="color" aria-label="Another colour" value={colour} onChange={(event) => setColour(event.target.value)} />
        </fieldset>
        <Field label="Key" help="One of 1 to 9; empty for none.">
          {(ids) => <TextInput {...ids} value={hotkey} maxLength={1} style={{ width: 64 }} onChange={(event) => setHotkey(/^[1-9]$/.test(event.target.value) ? event.target.value : "")} />}
        </Field>
      </form>
    </Dialog>
  );
}
