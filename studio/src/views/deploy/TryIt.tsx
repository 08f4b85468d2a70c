import { Camera, FolderOpen, ImagePlus, Layers, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { useMutation } from "@tanstack/react-query";

import { answer, api, upload, useProject, useSession, type LivePredictions, type Run } from "@/api";
import { Button, Card, count, ErrorNote, many, Note, Progress, Push, Segmented, Slider, useFileDrop } from "@/components";
import { FolderPicker } from "@/components/FolderPicker";

import { AnswerCard } from "./AnswerCard";
import css from "./Deploy.module.css";
import { LiveCamera } from "./LiveCamera";

type Source = "files" | "folder" | "camera";

/** The model on new images: from this computer, from a folder on the server, or live from a camera. Nothing is kept. */
export function TryIt({ project, run }: { project: string; run: Run }) {
  const classes = useProject(project).data?.classes ?? [];
  const session = useSession().data;
  const colours = new Map(classes.map((each) => [each.name, each.colour]));
  const [source, setSource] = useState<Source>("files");
  const [path, setPath] = useState<string | null>(null);
  const [heat, setHeat] = useState(0.6);
  const [sent, setSent] = useState<number | null>(null);
  const [said, setSaid] = useState<LivePredictions | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const base = `/api/projects/${project}/runs/${String(run.id)}`;

  const tryFiles = useMutation({
    mutationFn: (files: readonly File[]) => {
      const form = new FormData();
      for (const file of files) form.append("files", file, file.name);
      setSent(0);
      return upload<LivePredictions>(`${base}/predict`, form, setSent);
    },
    onSuccess: setSaid,
    onError: () => undefined,
    onSettled: () => setSent(null),
  });
  const tryFolder = useMutation({
    mutationFn: () => answer(api.POST("/api/projects/{project}/runs/{run}/predict-folder", { params: { path: { project, run: run.id } }, body: { path: path ?? "", limit: 24 } })),
    onSuccess: setSaid,
    onError: () => undefined,
  });
  const drop = useFileDrop((dropped) => {
    const files = [...dropped.files];
    if (files.length === 0) return;
    setSource("files");
    tryFiles.mutate(files);
  });
  const busy = tryFiles.isPending || tryFolder.isPending;
  const maps = said?.answers.some((each) => each.heatmap !== null) ?? false;

  return (
    <Card
      title="Try it"
      data-over={drop.over || undefined}
      {...drop.target}
      aside={
        <>
          <Segmented
            label="Images from"
            value={source}
            onChange={setSource}
            choices={[
              { value: "files", label: "This computer", icon: <Upload size={14} aria-hidden /> },
              { value: "folder", label: "Folder on the server", icon: <FolderOpen size={14} aria-hidden /> },
              { value: "camera", label: "Camera", icon: <Camera size={14} aria-hidden /> },
            ]}
          />
          <Push />
          {(maps || source === "camera") && (
            <div className={css.heat}>
              <Layers size={15} aria-hidden />
              <Slider label="Opacity of the heatmap" value={heat} min={0} max={1} step={0.05} onChange={setHeat} show={(value) => `${String(Math.round(100 * value))} %`} />
            </div>
          )}
          {source === "files" && (
            <Button icon={ImagePlus} busy={busy} disabled={busy} onClick={() => input.current?.click()}>
              Choose images
            </Button>
          )}
          {source === "folder" && (
            <Button tone="primary" busy={busy} disabled={busy || path === null} onClick={() => tryFolder.mutate()}>
              Try its images
            </Button>
          )}
        </>
      }
    >
      {source === "camera" ? (
        <LiveCamera project={project} run={run} colours={colours} heat={heat} />
      ) : (
        <>
          {source === "folder" && <FolderPicker path={path} onPath={setPath} />}
          <ErrorNote error={source === "folder" ? tryFolder.error : tryFiles.error} />
          {sent !== null && <Progress value={sent < 1 ? sent : null} label="Images sent" />}
          {source === "files" && said === null && !busy && (
            <button type="button" className={css.target} onClick={() => input.current?.click()}>
              <ImagePlus size={28} strokeWidth={1.4} aria-hidden />
              <strong>Drop images here</strong>
              <span>They are answered, and not kept. At most {count(session?.limits.files ?? 1000)} at once.</span>
            </button>
          )}
          {said?.skipped.slice(0, 5).map((each) => (
            <Note key={each.name} tone="warn">
              {each.sentence}
            </Note>
          ))}
          {said !== null && said.answers.length > 0 && (
            <>
              <p className={css.hint} role="status">
                {many(said.answers.length, "answer")}
                {source === "folder" && said.answers.length === 24 && ": the first 24 images by name"}
              </p>
              <ul className={css.answers}>
                {said.answers.map((each, index) => (
                  <li key={`${each.name}${String(index)}`}>
                    <AnswerCard answer={each} colours={colours} heat={heat} />
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept="image/*,.tif,.tiff,.pgm,.ppm,.jp2"
        aria-label="Images to try"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length > 0) tryFiles.mutate(files);
        }}
      />
    </Card>
  );
}
