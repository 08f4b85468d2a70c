import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, useFormats, type Import } from "@/api";
import { Button, Checkbox, count, Dialog, ErrorNote, Field, many, Note, Progress, Select, Skeleton, splitWords, toast, useJob } from "@/components";
import { FolderPicker } from "@/components/FolderPicker";

import css from "./Images.module.css";

/** "Use this folder on the server": what it holds is shown before it is taken. */
export function ImportDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const formats = useFormats();
  const [path, setPath] = useState<string | null>(null);
  const [file, setFile] = useState<string | null>(null);
  const [format, setFormat] = useState("");
  const [copy, setCopy] = useState(false);
  const target = file ?? path;
  const body: Import = { path: target ?? "", copy_files: copy, plain: format === "plain", format: format === "" || format === "plain" ? null : format };
  const preview = useQuery({
    queryKey: ["import", project, target, format],
    queryFn: () => answer(api.POST("/api/projects/{project}/imports/preview", { params: { path: { project } }, body })),
    enabled: target !== null,
    retry: false,
  });
  const { job, start, busy } = useJob(project, (done) => {
    const notes = Array.isArray(done.result.notes) ? (done.result.notes as string[]) : [];
    toast([`${many(Number(done.result.ids ?? 0), "image")} added.`, ...notes.slice(0, 2)].join(" "), "good");
    onClose();
  });
  const data = preview.data;
  // Any image has a file name: that it is a label is offered, and not taken for granted.
  const guessed = format === "" && data?.format === "file_names";
  const request: Import = guessed ? { ...body, plain: true } : body;
  return (
    <Dialog
      title="Use a folder on the server"
      wide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{busy ? "Go on in the background" : "Cancel"}</Button>
          <Button tone="primary" busy={busy} disabled={busy || !data || data.images === 0} onClick={() => start(answer(api.POST("/api/projects/{project}/imports", { params: { path: { project } }, body: request })))}>
            {data ? `Add ${many(data.images, "image")}` : "Add"}
          </Button>
        </>
      }
    >
      <div className={css.stack}>
        <FolderPicker
          path={path}
          onPath={(next) => {
            setPath(next);
            setFile(null);
          }}
          onFile={setFile}
        />
        <div className={css.two}>
          <Field label="How to read it" help={file ? `From the file ${file.split("/").at(-1) ?? ""}` : undefined}>
            {(ids) => (
              <Select
                {...ids}
                value={format}
                onChange={setFormat}
                choices={[
                  { value: "", label: "Find it out" },
                  { value: "plain", label: "Images only, without labels" },
                  ...(formats.data ?? []).map((each) => ({ value: each.id, label: each.title })),
                ]}
              />
            )}
          </Field>
          <div className={css.stack} style={{ alignContent: "center" }}>
            <Checkbox label="Copy the images into the project" checked={copy} onChange={setCopy} />
            <p className={css.hint}>Without it the images are used where they are, and must stay there.</p>
          </div>
        </div>
        {target !== null && preview.isFetching && !data && <Skeleton height={80} />}
        {target !== null && <ErrorNote error={preview.error} />}
        {data && (
          <>
            <dl className={css.dl}>
              <dt>Read as</dt>
              <dd>{guessed ? "Images only" : data.title}</dd>
              <dt>Images</dt>
              <dd>
                {count(data.images)}, {count(guessed ? 0 : data.labelled)} of them labelled
              </dd>
              {!guessed && data.labels.length > 0 && (
                <>
                  <dt>Labels</dt>
                  <dd>{data.labels.slice(0, 12).join(", ")}</dd>
                </>
              )}
              {Object.keys(data.splits).some((each) => each !== "none") && (
                <>
                  <dt>Splits</dt>
                  <dd>
                    {Object.entries(data.splits)
                      .map(([split, number]) => `${split in splitWords ? splitWords[split as keyof typeof splitWords] : split} ${count(number)}`)
                      .join(", ")}
                  </dd>
                </>
              )}
            </dl>
            {guessed && (
              <Note
                action={
                  <Button size="small" onClick={() => setFormat("file_names")}>
                    They are labels
                  </Button>
                }
              >
                The file names could be read as labels: {data.labels.slice(0, 4).join(", ")}
                {data.labels.length > 4 && " …"}.
              </Note>
            )}
            {data.notes.slice(0, 5).map((note) => (
              <Note key={note}>{note}</Note>
            ))}
          </>
        )}
        {job && <Progress value={job.total > 0 ? job.done / job.total : null} label="Import" />}
      </div>
    </Dialog>
  );
}
