import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { useState } from "react";

import { answer, api, keys, WINDOW, type ClassFacts, type MethodFacts } from "@/api";
import { Button, count, IconButton, Key, Panel, Square, TextInput } from "@/components";
import { ClassesDialog } from "@/components/ClassesDialog";

import css from "./Images.module.css";

interface ClassPanelProps {
  project: string;
  classes: readonly ClassFacts[];
  unlabelled: number;
  method: MethodFacts | undefined;
  /** How many images a click or key would label. */
  chosen: number;
  onLabel: (name: string | null) => void;
}

/** The classes with their keys; a click labels what is chosen. */
export function ClassPanel({ project, classes, unlabelled, method, chosen, onLabel }: ClassPanelProps) {
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [editing, edit] = useState(false);
  const add = useMutation({
    mutationFn: (wanted: string) => answer(api.POST("/api/projects/{project}/classes", { params: { path: { project } }, body: { name: wanted, window: WINDOW } })),
    onSuccess: () => {
      setName("");
      void cache.invalidateQueries({ queryKey: keys.project(project) });
    },
  });
  const whole = method?.tools.includes("whole") ?? true;
  const suggestions = method?.learns_from === "anomaly" && classes.length < 2 ? ["good", "bad"].filter((each) => !classes.some((known) => known.name === each)) : [];
  return (
    <Panel title="Classes" aside={classes.length > 0 && <IconButton icon={Pencil} label="Edit classes" size="small" onClick={() => edit(true)} />}>
      <p className={css.hint}>
        {!whole ? "Objects are drawn in the label step." : chosen > 0 ? `Press a key to label ${chosen === 1 ? "the chosen image" : `${count(chosen)} chosen images`}.` : "Choose images, then press a key."}
      </p>
      <div className={css.classes}>
        {classes.map((each) => (
          <button key={each.id} type="button" className={css.class} disabled={!whole} data-tip={chosen > 0 && whole ? `Label as ${each.name}` : undefined} onClick={() => onLabel(each.name)}>
            <Square colour={each.colour} />
            <span>{each.name}</span>
            <small>{count(each.images)}</small>
            {each.hotkey && <Key>{each.hotkey}</Key>}
          </button>
        ))}
        {unlabelled > 0 && (
          <button type="button" className={css.class} data-tip={chosen > 0 ? "Take the labels away" : undefined} onClick={() => onLabel(null)}>
            <Square colour="transparent" />
            <span>unlabelled</span>
            <small>{count(unlabelled)}</small>
            <Key>0</Key>
          </button>
        )}
      </div>
      {suggestions.length > 0 && (
        <div className={css.suggest}>
          {suggestions.map((each) => (
            <Button key={each} size="small" icon={Plus} onClick={() => add.mutate(each)}>
              {each}
            </Button>
          ))}
        </div>
      )}
      <form
        className={css.add}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) add.mutate(name.trim());
        }}
      >
        <TextInput aria-label="New class" placeholder="New class" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        <IconButton type="submit" icon={Plus} label="Add the class" disabled={name.trim() === ""} />
      </form>
      {editing && <ClassesDialog project={project} onClose={() => edit(false)} />}
    </Panel>
  );
}
