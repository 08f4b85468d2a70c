import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";

import { answer, api, keys, useProject, WINDOW } from "@/api";

import { IconButton } from "./Button";
import css from "./ClassesDialog.module.css";
import { Dialog } from "./Dialog";
import { TextInput } from "./Fields";
import { count } from "./words";

/** Names, colours, keys and order of the classes. */
export function ClassesDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const cache = useQueryClient();
  const classes = useProject(project).data?.classes ?? [];
  const renew = () => void cache.invalidateQueries({ queryKey: keys.all(project) });
  const at = (id: number) => ({ params: { path: { project, id } } });
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: number; name?: string; colour?: string; hotkey?: string }) =>
      answer(api.PATCH("/api/projects/{project}/classes/{id}", { ...at(id), body: { ...body, window: WINDOW } })),
    onSettled: renew,
  });
  const remove = useMutation({
    mutationFn: (id: number) =>
      answer(api.DELETE("/api/projects/{project}/classes/{id}", { params: { path: { project, id }, query: { window: WINDOW } } })),
    onSettled: renew,
  });
  const reorder = useMutation({
    mutationFn: (ids: number[]) =>
      answer(api.PUT("/api/projects/{project}/classes/order", { params: { path: { project } }, body: { ids, window: WINDOW } })),
    onSettled: renew,
  });
  const swap = (from: number, to: number) => {
    const ids = classes.map((each) => each.id);
    const [moved] = ids.splice(from, 1);
    if (moved === undefined) return;
    ids.splice(to, 0, moved);
    reorder.mutate(ids);
  };
  return (
    <Dialog title="Classes" onClose={onClose} wide>
      <p className={css.hint}>A new name goes to every label of the class. The name of another class joins the two. All of it can be undone.</p>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Colour</th>
            <th scope="col">Name</th>
            <th scope="col">Key</th>
            <th scope="col">Images</th>
            <th scope="col">Objects</th>
            <th scope="col">
              <span className="visually-hidden">Order, remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {classes.map((each, index) => (
            <tr key={each.id}>
              <td>
                <input type="color" className={css.colour} aria-label={`Colour of ${each.name}`} defaultValue={each.colour} onBlur={(event) => event.target.value !== each.colour && change.mutate({ id: each.id, colour: event.target.value })} />
              </td>
              <td>
                <TextInput
                  key={each.name}
                  aria-label={`Name of ${each.name}`}
                  defaultValue={each.name}
                  maxLength={200}
                  onBlur={(event) => {
                    const name = event.target.value.trim();
                    if (name && name !== each.name) change.mutate({ id: each.id, name });
                    else event.target.value = each.name;
                  }}
                  onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
                />
              </td>
              <td>
                <TextInput
                  key={each.hotkey}
                  className={css.key}
                  aria-label={`Key of ${each.name}`}
                  defaultValue={each.hotkey ?? ""}
                  maxLength={1}
                  onChange={(event) => {
                    if (event.target.value.trim() && event.target.value !== each.hotkey) change.mutate({ id: each.id, hotkey: event.target.value });
                  }}
                />
              </td>
              <td>{count(each.images)}</td>
              <td>{count(each.objects)}</td>
              <td className={css.acts}>
                <IconButton icon={ArrowUp} label={`Move ${each.name} up`} size="small" disabled={index === 0} onClick={() => swap(index, index - 1)} />
                <IconButton icon={ArrowDown} label={`Move ${each.name} down`} size="small" disabled={index === classes.length - 1} onClick={() => swap(index, index + 1)} />
                <IconButton icon={Trash2} label={`Remove ${each.name} and its labels`} size="small" onClick={() => remove.mutate(each.id)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
