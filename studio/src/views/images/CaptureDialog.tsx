import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Camera, CircleStop, FolderSearch, Play } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";

import { answer, api, keys, sentenceOf, upload, useEvent, useProject, WINDOW, type Capture, type Uploaded } from "@/api";
import { Button, Checkbox, count, Dialog, ErrorNote, Field, Note, NumberInput, Segmented, Select, TextInput } from "@/components";
import { openBrowserCamera, type Frames } from "@/components/cameras";
import { FolderPicker } from "@/components/FolderPicker";

import css from "./Images.module.css";
import { SplitField, type SplitChoice } from "./SplitField";

type Source = "browser" | "server" | "folder";

/** Images from a camera of this computer or of the server, one by one or by the clock; or from a folder that fills up. */
export function CaptureDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const classes = useProject(project).data?.classes ?? [];
  const [source, setSource] = useState<Source>("browser");
  const [label, setLabel] = useState("");
  const [split, setSplit] = useState<SplitChoice>("");
  const [timed, setTimed] = useState(false);
  const [seconds, setSeconds] = useState(2);
  const what = { label: label.trim(), split, seconds: timed ? Math.max(0.2, seconds) : 0 };
  const names = "classes-to-capture";
  return (
    <Dialog title="Capture images" wide onClose={onClose} actions={<Button onClick={onClose}>Close</Button>}>
      <div className={css.stack}>
        <Segmented
          label="Where from"
          value={source}
          onChange={setSource}
          choices={[
            { value: "browser", label: "Camera of this computer" },
            { value: "server", label: "Camera on the server" },
            { value: "folder", label: "Watched folder" },
          ]}
        />
        <div className={css.captureFields}>
          <Field label="Label" help="Empty: they stay unlabelled.">
            {(ids) => <TextInput {...ids} list={names} value={label} maxLength={200} onChange={(event) => setLabel(event.target.value)} />}
          </Field>
          <datalist id={names}>
            {classes.map((each) => (
              <option key={each.id} value={each.name} />
            ))}
          </datalist>
          <SplitField value={split} onChange={setSplit} />
          {source !== "folder" && (
            <div className={css.timed}>
              <Checkbox label="By the clock, every" checked={timed} onChange={setTimed} />
              <NumberInput label="Seconds between two pictures" value={seconds} min={0.2} max={86400} step={0.1} disabled={!timed} onChange={(value) => setSeconds(value ?? 2)} />
              <span>s</span>
            </div>
          )}
        </div>
        {source === "browser" ? <BrowserCamera project={project} what={what} /> : <ServerSource key={source} project={project} kind={source === "server" ? "camera" : "folder"} what={what} />}
      </div>
    </Dialog>
  );
}

interface What {
  label: string;
  split: SplitChoice;
  /** Seconds between two pictures; 0: only when asked. */
  seconds: number;
}

const SIDE = 4096;

function BrowserCamera({ project, what }: { project: string; what: What }) {
  const cache = useQueryClient();
  const [camera, setCamera] = useState<Frames | null>(null);
  const [taken, setTaken] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const sending = useRef(false);
  const open = useMutation({ mutationFn: () => openBrowserCamera(SIDE), onSuccess: setCamera, onError: () => undefined });
  useEffect(() => () => camera?.close(), [camera]);

  const { label, split, seconds } = what;
  const shoot = useCallback(async () => {
    // A picture that is still on its way is not overtaken by the next one.
    if (!camera || sending.current) return;
    sending.current = true;
    try {
      const form = new FormData();
      form.append("files", await camera.next(), `camera-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.jpg`);
      if (label) form.append("label", label);
      if (split) form.append("split", split);
      form.append("window", WINDOW);
      const done = await upload<Uploaded>(`/api/projects/${project}/uploads`, form, () => undefined);
      setTaken((now) => now + done.ids.length);
      setProblem(done.skipped[0]?.sentence ?? null);
      void cache.invalidateQueries({ queryKey: keys.all(project) });
    } catch (reason) {
      setProblem(sentenceOf(reason));
    } finally {
      sending.current = false;
    }
  }, [camera, label, split, project, cache]);
  useEffect(() => {
    if (!camera || seconds === 0) return;
    const timer = setInterval(() => void shoot(), 1000 * seconds);
    return () => clearInterval(timer);
  }, [camera, seconds, shoot]);

  return (
    <>
      <ErrorNote error={open.error} />
      {problem && <Note tone="warn">{problem}</Note>}
      <div className={css.live}>{camera?.stream ? <LiveVideo stream={camera.stream} /> : <p>The camera is not open.</p>}</div>
      <div className={css.captureBar}>
        {camera === null ? (
          <Button tone="primary" icon={Play} busy={open.isPending} onClick={() => open.mutate()}>
            Open the camera
          </Button>
        ) : (
          <>
            <Button tone="primary" icon={Camera} onClick={() => void shoot()}>
              Take a picture
            </Button>
            <Button icon={CircleStop} onClick={() => setCamera(null)}>
              Stop
            </Button>
          </>
        )}
        <span role="status">{count(taken)} taken</span>
      </div>
    </>
  );
}

function LiveVideo({ stream }: { stream: MediaStream }) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = ref.current;
    if (video) video.srcObject = stream;
  }, [stream]);
  return <video ref={ref} autoPlay muted playsInline aria-label="Live picture of the camera" />;
}

function ServerSource({ project, kind, what }: { project: string; kind: "camera" | "folder"; what: What }) {
  const cache = useQueryClient();
  const at = { params: { path: { project } } };
  const state = useQuery({ queryKey: keys.capture(project), queryFn: () => answer(api.GET("/api/projects/{project}/capture", at)), refetchInterval: 2000 });
  const cameras = useQuery({ queryKey: [...keys.capture(project), "cameras"], queryFn: () => answer(api.GET("/api/projects/{project}/cameras", at)), enabled: kind === "camera" });
  const [device, setDevice] = useState("");
  const [path, setPath] = useState<string | null>(null);
  const put = (next: Capture) => cache.setQueryData(keys.capture(project), next);
  useEvent("capture", () => void cache.invalidateQueries({ queryKey: keys.capture(project) }));
  const chosen = device || String(cameras.data?.[0]?.device ?? "");
  const open = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/projects/{project}/capture", {
          ...at,
          body: { kind, device: Number(chosen) || 0, path: kind === "folder" ? path : null, seconds: what.seconds, label: what.label || null, split: what.split || null },
        }),
      ),
    onSuccess: put,
    onError: () => undefined,
  });
  const close = useMutation({ mutationFn: () => answer(api.DELETE("/api/projects/{project}/capture", at)), onSuccess: put });
  const shoot = useMutation({
    mutationFn: () => answer(api.POST("/api/projects/{project}/capture/shot", at)),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.all(project) }),
  });
  const data = state.data;
  const up = data?.open === true && data.kind === kind;
  const none = kind === "camera" && cameras.data?.length === 0;
  return (
    <>
      <ErrorNote error={open.error} />
      {data?.sentence && <Note tone="warn">{data.sentence}</Note>}
      {none && <Note>The server has no camera that OpenCV can open.</Note>}
      {kind === "folder" && !up && <FolderPicker path={path} onPath={setPath} />}
      {kind === "camera" && (cameras.data?.length ?? 0) > 1 && (
        <Select aria-label="Camera" value={chosen} disabled={up} choices={(cameras.data ?? []).map((each) => ({ value: String(each.device), label: each.title }))} onChange={setDevice} />
      )}
      {(kind === "camera" || up) && <div className={css.live}>{up && data.frame ? <LiveFrames address={data.frame} /> : <p>{up ? (kind === "folder" ? `Waiting for new images in ${data.source}` : "Waiting for the first picture.") : "The camera is not open."}</p>}</div>}
      <div className={css.captureBar}>
        {!up ? (
          <Button tone="primary" icon={kind === "folder" ? FolderSearch : Play} busy={open.isPending} disabled={open.isPending || (kind === "folder" ? path === null : none)} onClick={() => open.mutate()}>
            {kind === "folder" ? "Watch this folder" : "Open the camera"}
          </Button>
        ) : (
          <>
            {kind === "camera" && (
              <Button tone="primary" icon={Camera} busy={shoot.isPending} disabled={!data.frame || shoot.isPending} onClick={() => shoot.mutate()}>
                Take a picture
              </Button>
            )}
            <Button icon={CircleStop} busy={close.isPending} onClick={() => close.mutate()}>
              Stop
            </Button>
          </>
        )}
        <span role="status">{up && `${count(data.taken)} taken${data.seconds > 0 ? `, one every ${String(data.seconds)} s` : ""}`}</span>
      </div>
      {up && <p>It goes on when this window is closed, until it is stopped.</p>}
    </>
  );
}

/** The newest picture again and again: the next is asked for when this one is there. */
function LiveFrames({ address }: { address: string }) {
  const [number, setNumber] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const next = (wait: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setNumber((now) => now + 1), wait);
  };
  return <img src={`${address}?side=1024&n=${String(number)}`} alt="Live, from the camera" onLoad={() => next(60)} onError={() => next(1000)} />;
}
