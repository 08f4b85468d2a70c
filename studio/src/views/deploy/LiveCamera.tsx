import { useMutation, useQuery } from "@tanstack/react-query";
import { Camera, CircleStop } from "lucide-react";
import { useEffect, useState } from "react";

import { answer, api, keys, sentenceOf, upload, type LiveAnswer, type LivePredictions, type Run } from "@/api";
import { Button, ErrorNote, figure, Note, Select } from "@/components";
import { openBrowserCamera, type Frames } from "@/components/cameras";

import { AnswerCard } from "./AnswerCard";
import css from "./Deploy.module.css";

const BROWSER = "browser";
const SIDE = 1280;

/** One picture after the other from a camera of this browser or of the server, each answered before the next is taken. */
export function LiveCamera({ project, run, colours, heat }: { project: string; run: Run; colours: ReadonlyMap<string, string>; heat: number }) {
  const cameras = useQuery({
    queryKey: [...keys.capture(project), "cameras"],
    queryFn: () => answer(api.GET("/api/projects/{project}/cameras", { params: { path: { project } } })),
  });
  const [source, setSource] = useState(BROWSER);
  const [frames, setFrames] = useState<Frames | null>(null);
  const [last, setLast] = useState<LiveAnswer | null>(null);
  const [rate, setRate] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const base = `/api/projects/${project}/runs/${String(run.id)}`;

  const open = useMutation({
    mutationFn: async () => {
      if (source === BROWSER) return openBrowserCamera(SIDE);
      const device = Number(source);
      await answer(api.POST("/api/projects/{project}/capture", { params: { path: { project } }, body: { kind: "camera", device } }));
      return serverCamera(project);
    },
    onSuccess: (opened) => {
      setProblem(null);
      setFrames(opened);
    },
    onError: () => undefined,
  });

  useEffect(() => {
    if (!frames) return;
    let on = true;
    const go = async () => {
      while (on) {
        const began = performance.now();
        try {
          const picture = await frames.next();
          const form = new FormData();
          form.append("files", picture, "camera.jpg");
          const said = await upload<LivePredictions>(`${base}/predict`, form, () => undefined);
          if (!on) return;
          setLast(said.answers[0] ?? null);
          setProblem(said.skipped[0]?.sentence ?? null);
        } catch (reason) {
          if (!on) return;
          setProblem(sentenceOf(reason));
          setFrames(null);
          return;
        }
        setRate(1000 / (performance.now() - began));
      }
    };
    void go();
    return () => {
      on = false;
      frames.close();
    };
  }, [frames, base]);

  return (
    <div className={css.camera}>
      <div className={css.cameraBar}>
        <Select
          aria-label="Camera"
          value={source}
          disabled={frames !== null}
          choices={[{ value: BROWSER, label: "The camera of this computer" }, ...(cameras.data ?? []).map((each) => ({ value: String(each.device), label: `On the server: ${each.title}` }))]}
          onChange={setSource}
        />
        {frames === null ? (
          <Button tone="primary" icon={Camera} busy={open.isPending} onClick={() => open.mutate()}>
            Start
          </Button>
        ) : (
          <Button icon={CircleStop} onClick={() => setFrames(null)}>
            Stop
          </Button>
        )}
        {frames !== null && rate !== null && <span className={css.quiet}>{figure(rate, 2)} answers per second, with the way there and back</span>}
      </div>
      <ErrorNote error={open.error} />
      {problem && <Note tone="warn">{problem}</Note>}
      {last ? <AnswerCard answer={last} colours={colours} heat={heat} large /> : <p className={css.hint}>Each picture is answered before the next is taken. Nothing is kept.</p>}
    </div>
  );
}

function serverCamera(project: string): Frames {
  return {
    next: async () => {
      const answered = await fetch(`/api/projects/${project}/capture/frame?side=${String(SIDE)}`, { cache: "no-store" });
      if (!answered.ok) throw new Error(((await answered.json()) as { sentence: string }).sentence);
      return answered.blob();
    },
    close: () => void answer(api.DELETE("/api/projects/{project}/capture", { params: { path: { project } } })).catch(() => undefined),
  };
}
