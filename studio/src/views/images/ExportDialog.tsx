import { Download as DownloadIcon } from "lucide-react";
import { useState } from "react";

import { answer, api, useFormats, type Job } from "@/api";
import { Button, Dialog, Download, Field, many, Note, Progress, Segmented, Select, TextInput, useJob } from "@/components";

import css from "./Images.module.css";
import type { Selection } from "./useActions";

interface ExportProps {
  project: string;
  /** What is chosen in the gallery; null when nothing is. */
  selection: Selection | null;
  chosen: number;
  onClose: () => void;
}

/** Images and labels in a format of the field: as a zip file, or into a folder on the server. */
export function ExportDialog({ project, selection, chosen, onClose }: ExportProps) {
  const formats = useFormats().data ?? [];
  const [format, setFormat] = useState("coco");
  const [which, setWhich] = useState<"all" | "chosen">(chosen > 1 ? "chosen" : "all");
  const [to, setTo] = useState<"zip" | "folder">("zip");
  const [folder, setFolder] = useState("");
  const [ended, end] = useState<Job | null>(null);
  const { job, start, busy } = useJob(project, end);
  const go = () => {
    end(null);
    const body = { format, selection: which === "chosen" ? selection : null, folder: to === "folder" ? folder.trim() : null };
    start(answer(api.POST("/api/projects/{project}/exports", { params: { path: { project } }, body })));
  };
  const lost = Array.isArray(ended?.result.lost) ? (ended.result.lost as string[]) : [];
  const url = typeof ended?.result.url === "string" ? ended.result.url : null;
  return (
    <Dialog
      title="Export images and labels"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button tone={url ? "plain" : "primary"} busy={busy} disabled={busy || (to === "folder" && folder.trim() === "")} onClick={go}>
            Export
          </Button>
          {url && (
            <Download tone="primary" icon={DownloadIcon} href={url}>
              Download
            </Download>
          )}
        </>
      }
    >
      <div className={css.stack}>
        <Field label="Format">{(ids) => <Select {...ids} value={format} onChange={setFormat} choices={formats.map((each) => ({ value: each.id, label: each.title }))} />}</Field>
        {chosen > 0 && (
          <Segmented
            label="Which images"
            value={which}
            onChange={setWhich}
            choices={[
              { value: "all", label: "All images" },
              { value: "chosen", label: `Chosen (${String(chosen)})` },
            ]}
          />
        )}
        <Segmented
          label="Where to"
          value={to}
          onChange={setTo}
          choices={[
            { value: "zip", label: "Zip file to download" },
            { value: "folder", label: "Folder on the server" },
          ]}
        />
        {to === "folder" && (
          <Field label="New folder" help="Its path on the server, inside a folder that the studio may read.">
            {(ids) => <TextInput {...ids} value={folder} onChange={(event) => setFolder(event.target.value)} />}
          </Field>
        )}
        {job && <Progress value={job.total > 0 ? job.done / job.total : null} label="Export" />}
        {ended && <Note tone="good">{url ? "The zip file is ready." : `Written to ${typeof ended.result.folder === "string" ? ended.result.folder : folder}.`}</Note>}
        {lost.length > 0 && (
          <Note tone="warn">
            This format cannot say everything: {many(lost.length, "thing")} left out. {lost.slice(0, 3).join(" ")}
          </Note>
        )}
      </div>
    </Dialog>
  );
}
