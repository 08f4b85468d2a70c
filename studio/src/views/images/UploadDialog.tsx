import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { keys, sentenceOf, upload, useSession, WINDOW, type Uploaded } from "@/api";
import { Button, bytes, Checkbox, Dialog, ErrorNote, Field, many, Note, Progress, TextInput, toast } from "@/components";

import { batches, foldersOf, imagesAmong, type Incoming } from "./dropped";
import css from "./Images.module.css";
import { SplitField, type SplitChoice } from "./SplitField";

interface UploadProps {
  project: string;
  incoming: readonly Incoming[];
  /** Whether images have one label as a whole, so that a folder's name can be one. */
  whole: boolean;
  onClose: () => void;
}

/** Files from this computer: what they are, what is said of them, and how far they have come. */
export function UploadDialog({ project, incoming, whole, onClose }: UploadProps) {
  const cache = useQueryClient();
  const limits = useSession().data?.limits;
  const images = imagesAmong(incoming, limits?.image_suffixes ?? []);
  const folders = foldersOf(images);
  const [fromFolders, setFromFolders] = useState(whole && folders.length > 1);
  const [label, setLabel] = useState("");
  const [split, setSplit] = useState<SplitChoice>("");
  const [progress, setProgress] = useState<number | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [skipped, setSkipped] = useState<Uploaded["skipped"]>([]);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);  

  const send = async () => {
    setError(null);
    setProgress(0);
    const all = images.reduce((sum, { file }) => sum + file.size, 0) || 1;
    let before = 0;
    let arrived = 0;
    const left: Uploaded["skipped"] = [];
    try {
      for (const batch of batches(images)) {
        const form = new FormData();
        for (const { file, name } of batch) form.append("files", file, name);
        if (fromFolders) form.append("labels_from_folders", "true");
        if (!fromFolders && label.trim()) form.append("label", label.trim());
        if (split) form.append("split", split);
        form.append("window", WINDOW);
        const size = batch.reduce((sum, { file }) => sum + file.size, 0);
        const done = await upload<Uploaded>(`/api/projects/${project}/uploads`, form, (part) => setProgress((before + part * size) / all), stop.current.signal);
        before += size;
        arrived += done.ids.length;
        left.push(...done.skipped);
      }
      if (arrived > 0) toast(`${many(arrived, "image")} added`, "good");
      void cache.invalidateQueries({ queryKey: keys.all(project) });
      if (left.length === 0) onClose();
      setSkipped(left);
    } catch (reason) {
      if (!(reason instanceof DOMException && reason.name === "AbortError")) setError(sentenceOf(reason));
      void cache.invalidateQueries({ queryKey: keys.all(project) });
    } finally {
      setProgress(null);
    }
  };

  const busy = progress !== null;
  const total = images.reduce((sum, { file }) => sum + file.size, 0);
  return (
    <Dialog
      title={`Add ${many(images.length, "image")}`}
      onClose={onClose}
      actions={
        skipped.length > 0 ? (
          <Button tone="primary" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{busy ? "Stop" : "Cancel"}</Button>
            <Button tone="primary" busy={busy} disabled={busy || images.length === 0} onClick={() => void send()}>
              Add
            </Button>
          </>
        )
      }
    >
      <div className={css.stack}>
        {images.length === 0 && <Note tone="warn">None of these files is an image that is read here. Images end in {limits?.image_suffixes.slice(0, 9).join(", ")} …</Note>}
        {images.length > 0 && skipped.length === 0 && (
          <>
            <dl className={css.dl}>
              <dt>Size</dt>
              <dd>{bytes(total)}</dd>
              {folders.length > 0 && (
                <>
                  <dt>Folders</dt>
                  <dd>
                    {folders.slice(0, 8).join(", ")}
                    {folders.length > 8 && ` and ${String(folders.length - 8)} more`}
                  </dd>
                </>
              )}
              {images.length < incoming.length && (
                <>
                  <dt>Left out</dt>
                  <dd>{many(incoming.length - images.length, "file")} that are no images</dd>
                </>
              )}
            </dl>
            {whole && folders.length > 0 && <Checkbox label="The folder's name is the label of its images" checked={fromFolders} disabled={busy} onChange={setFromFolders} />}
            <div className={css.two}>
              {whole && !fromFolders && (
                <Field label="Label all as" help="Empty: they stay unlabelled.">
                  {(ids) => <TextInput {...ids} value={label} disabled={busy} onChange={(event) => setLabel(event.target.value)} />}
                </Field>
              )}
              <SplitField value={split} onChange={setSplit} disabled={busy} help="It can be decided later." />
            </div>
            <p className={css.hint}>The files are copied into the project; yours stay as they are.</p>
          </>
        )}
        {busy && <Progress value={progress} label="Upload" />}
        <ErrorNote error={error} />
        {skipped.length > 0 && (
          <>
            <Note tone="warn">{many(skipped.length, "file")} could not be used:</Note>
            <ul className={css.files}>
              {skipped.map((each) => (
                <li key={each.name}>{each.sentence}</li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  );
}
