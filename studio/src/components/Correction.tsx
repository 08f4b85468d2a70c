import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Plus, Trash2, Wand2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "react-router";

import { answer, api, keys, useImage, useImageIds, useSizes, useUndo, WINDOW, type Selection, type Sizes, type Step } from "@/api";

import { Button, IconButton } from "./Button";
import css from "./Correction.module.css";
import { Dialog } from "./Dialog";
import { Checkbox, NumberInput, Segmented, Select } from "./Fields";
import { Menu } from "./Menu";
import { ErrorNote, Note, Progress, Skeleton } from "./Pieces";
import { begun, flaw, KINDS, TITLES, words, type Kind } from "./steps";
import { toast } from "./Toasts";
import { useJob } from "./useJob";
import { count, many } from "./words";

interface CorrectionProps {
  project: string;
  /** The images that are chosen in a gallery, and how many; without it all images are meant. */
  selection?: Selection | null;
  chosen?: number;
  onClose: () => void;
}

/** What sizes the images have, and how to bring them to one: steps, with a preview on a real image. */
export function CorrectionDialog({ project, selection = null, chosen = 0, onClose }: CorrectionProps) {
  const cache = useQueryClient();
  const undo = useUndo(project);
  const sizes = useSizes(project).data;
  const ids = useImageIds(project, {}, "size", "up").data ?? [];
  const [steps, setSteps] = useState<Step[]>([]);
  const [only, setOnly] = useState<"all" | "chosen">(selection === null ? "all" : "chosen");
  const [place, setPlace] = useState(0);
  const image = ids[place % Math.max(1, ids.length)] ?? null;
  const { job, start, busy } = useJob(project, () => {
    void cache.invalidateQueries({ queryKey: keys.all(project) });
    toast("The images are corrected; their files are as they were.", "good", { label: "Undo", run: () => undo.mutate("undo") });
    onClose();
  });
  const wrong = steps.map(flaw).find((each) => each !== null) ?? null;
  const number = only === "chosen" ? chosen : ids.length;
  const put = (index: number, change: Partial<Step>) => setSteps(steps.map((each, at) => (at === index ? { ...each, ...change } : each)));
  const swap = (from: number, to: number) => {
    const next = [...steps];
    const [moved] = next.splice(from, 1);
    if (moved) next.splice(to, 0, moved);
    setSteps(next);
  };
  const go = () => {
    const body = { selection: only === "chosen" && selection !== null ? selection : { where: {} }, steps, window: WINDOW };
    start(answer(api.POST("/api/projects/{project}/corrections", { params: { path: { project } }, body })));
  };
  return (
    <Dialog
      title="Image sizes and correction"
      wide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{busy ? "Go on in the background" : "Close"}</Button>
          <Button tone="primary" busy={busy} disabled={busy || steps.length === 0 || wrong !== null || number === 0} onClick={go}>
            Correct {many(number, "image")}
          </Button>
        </>
      }
    >
      <div className={css.two}>
        <div className={css.column}>
          <Distribution project={project} sizes={sizes} onLeave={onClose} />
          {sizes?.suggestion && steps.length === 0 && (
            <Note action={<Button size="small" icon={Wand2} onClick={() => setSteps([...sizes.suggested])}>Do that</Button>}>{sizes.suggestion}</Note>
          )}
          <div className={css.stepsHead}>
            <h3>Steps</h3>
            <Menu align="end" entries={KINDS.map((kind) => ({ label: TITLES[kind], onSelect: () => setSteps([...steps, begun(kind, sizes?.sizes[0])]) }))}>
              {(props) => (
                <Button size="small" icon={Plus} disabled={steps.length >= 10} {...props}>
                  Add a step
                </Button>
              )}
            </Menu>
          </div>
          {steps.length === 0 && <p className={css.hint}>Crop, pad, resize, rotate, or make gray. Labels and regions move along; the files stay as they are, and undo brings the originals back.</p>}
          <ol className={css.steps}>
            {steps.map((step, index) => (
              <li key={index}>
                <div className={css.stepHead}>
                  <strong>
                    {index + 1}. {words(step)}
                  </strong>
                  <IconButton icon={ArrowUp} size="small" label="Earlier" disabled={index === 0} onClick={() => swap(index, index - 1)} />
                  <IconButton icon={ArrowDown} size="small" label="Later" disabled={index === steps.length - 1} onClick={() => swap(index, index + 1)} />
                  <IconButton icon={Trash2} size="small" label="Take the step out" onClick={() => setSteps(steps.filter((_, at) => at !== index))} />
                </div>
                <StepFields step={step} onChange={(change) => put(index, change)} />
              </li>
            ))}
          </ol>
          {selection !== null && (
            <Segmented
              label="Which images"
              value={only}
              onChange={setOnly}
              choices={[
                { value: "chosen", label: `Chosen (${count(chosen)})` },
                { value: "all", label: `All (${count(ids.length)})` },
              ]}
            />
          )}
          {job && <Progress value={job.total > 0 ? job.done / job.total : null} label="Correcting the images" />}
        </div>
        <Preview project={project} image={image} steps={wrong === null ? steps : []} flawed={wrong} onOther={ids.length > 1 ? () => setPlace(place + Math.max(1, Math.floor(ids.length / 5))) : null} />
      </div>
    </Dialog>
  );
}

/** The sizes by frequency; each leads to its images. */
function Distribution({ project, sizes, onLeave }: { project: string; sizes: Sizes | undefined; onLeave: () => void }) {
  if (!sizes) return <Skeleton height={90} />;
  const most = Math.max(1, ...sizes.sizes.map((each) => each.images));
  const list = (facts: Readonly<Record<string, number>>) => Object.entries(facts).map(([name, number]) => `${name} (${count(number)})`).join(", ");
  return (
    <div className={css.distribution}>
      <ul>
        {sizes.sizes.slice(0, 12).map(({ width, height, images }) => (
          <li key={`${String(width)} ${String(height)}`}>
            <Link to={`/projects/${project}/images?width=${String(width)}&height=${String(height)}`} onClick={onLeave}>
              {width} × {height}
            </Link>
            <i style={{ width: `${String((100 * images) / most)}%` }} aria-hidden />
            <span>{count(images)}</span>
          </li>
        ))}
      </ul>
      <p className={css.hint}>
        {sizes.sizes.length > 12 && `and ${count(sizes.sizes.length - 12)} more sizes. `}
        Channels: {list(sizes.channels)}. Depth: {list(sizes.depths)}.
      </p>
    </div>
  );
}

function StepFields({ step, onChange }: { step: Step; onChange: (change: Partial<Step>) => void }) {
  const pixels = (name: "x" | "y" | "width" | "height", title: string) => (
    <label className={css.pixels}>
      {title}
      <NumberInput value={step[name] ?? null} min={name === "x" || name === "y" ? 0 : 1} step={1} onChange={(value) => onChange({ [name]: name === "x" || name === "y" ? (value ?? 0) : value })} />
    </label>
  );
  const kind: Kind = step.kind;
  if (kind === "gray") return null;
  if (kind === "rotate") {
    return (
      <Select
        aria-label="By how much"
        value={String(step.angle)}
        choices={[90, 180, 270].map((angle) => ({ value: String(angle), label: `${String(angle)}° clockwise` }))}
        onChange={(value) => onChange({ angle: Number(value) as 90 | 180 | 270 })}
      />
    );
  }
  return (
    <div className={css.fields}>
      {kind === "crop" && pixels("x", "Left")}
      {kind === "crop" && pixels("y", "Top")}
      {pixels("width", "Width")}
      {pixels("height", "Height")}
      {kind === "resize" && <Checkbox label="Keep the proportions" checked={step.keep_aspect ?? true} onChange={(keep) => onChange({ keep_aspect: keep })} />}
      {(kind === "pad" || (kind === "resize" && step.keep_aspect)) && (
        <Select
          aria-label="Fill the rest"
          value={step.fill === null ? "mirror" : String(step.fill)}
          choices={[
            { value: "mirror", label: "Mirror the edge" },
            { value: "0", label: "Fill with black" },
            { value: "0.5", label: "Fill with gray" },
            { value: "1", label: "Fill with white" },
          ]}
          onChange={(value) => onChange({ fill: value === "mirror" ? null : Number(value) })}
        />
      )}
    </div>
  );
}

/** One image before and after. */
function Preview({ project, image, steps, flawed, onOther }: { project: string; image: number | null; steps: readonly Step[]; flawed: string | null; onOther: (() => void) | null }) {
  const facts = useImage(project, image).data;
  const made = useQuery({
    queryKey: [...keys.all(project), "correction", image, steps],
    queryFn: async () => {
      let size = "";
      const call = api.POST("/api/projects/{project}/corrections/preview", { params: { path: { project } }, body: { image: image ?? 0, steps: [...steps] }, parseAs: "blob" });
      const blob = (await answer(call.then((outcome) => {
        size = outcome.response.headers.get("x-image-size") ?? "";
        return outcome;
      }))) as unknown as Blob;
      return { blob, size: size.replace("x", " × ") };
    },
    enabled: image !== null && steps.length > 0,
    retry: false,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  const url = useObjectUrl(made.data?.blob);
  return (
    <div className={css.preview}>
      <figure>
        <figcaption>
          Before {facts && <span>{`${String(facts.width)} × ${String(facts.height)}`}</span>}
          {onOther && (
            <Button size="small" tone="quiet" onClick={onOther}>
              Another image
            </Button>
          )}
        </figcaption>
        <div>{facts ? <img src={`${facts.picture}&side=512`} alt={facts.name} /> : <Skeleton height={150} />}</div>
      </figure>
      <figure>
        <figcaption>
          After <span>{steps.length > 0 && made.data?.size}</span>
        </figcaption>
        {made.isError ? <ErrorNote error={made.error} /> : flawed ? <Note tone="warn">{flawed}</Note> : <div>{steps.length > 0 && url ? <img src={url} alt="After the steps" /> : <p>Add a step to see what it does.</p>}</div>}
      </figure>
    </div>
  );
}

/** An address for bytes that are held here, as long as they are. */
function useObjectUrl(blob: Blob | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the address must be given back when the bytes go
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return blob ? url : null;
}
