import { ArrowDownWideNarrow, ArrowUpNarrowWide, Camera, Check, Ellipsis, FileDown, FolderInput, FolderOpen, ImagePlus, PanelRight, PenLine, Scaling, Trash2, Upload, X } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { useFindings, useImageIds, useMethod, useProject } from "@/api";
import { Button, count, Empty, ErrorNote, IconButton, many, Menu, Select, Skeleton, Toolbar, useFileDrop } from "@/components";
import { CorrectionDialog } from "@/components/Correction";

import { CaptureDialog } from "./CaptureDialog";
import { ClassPanel } from "./ClassPanel";
import { chosen as chosenFiles, dropped, type Incoming } from "./dropped";
import { ExportDialog } from "./ExportDialog";
import { Gallery } from "./Gallery";
import css from "./Images.module.css";
import { ImportDialog } from "./ImportDialog";
import { click, everything, move, NOTHING, toggle, type Chosen } from "./selection";
import { UploadDialog } from "./UploadDialog";
import { useActions, type Selection } from "./useActions";
import { changed, narrowed, orderOf, SORTS, STATES, whereOf, widened, type State } from "./where";

/** So many ids go into one request; more are said by their filter. */
const MANY = 5000;

/** All images of the project: bring them in, look through them, label, split, take out, export. */
export function ImagesView({ project }: { project: string }) {
  const [address, setAddress] = useSearchParams();
  const go = useNavigate();
  const facts = useProject(project);
  const method = useMethod(project);
  const where = whereOf(address);
  const { sort, order } = orderOf(address);
  const finding = Number(address.get("finding")) || null;
  const findings = useFindings(project);
  const found = useImageIds(project, where, sort, order);
  const ofFinding = findings.data?.items.find((each) => each.id === finding);
  const ids = finding === null ? found.data : (ofFinding?.images ?? []);
  const actions = useActions(project);

  const [chosen, choose] = useState<Chosen>(NOTHING);
  const [size, setSize] = useState(() => Number(localStorage.getItem("sightmill.thumbnails")) || 168);
  const [side, showSide] = useState(true);
  const [dialog, show] = useState<"import" | "export" | "capture" | "correct" | null>(null);
  const [incoming, setIncoming] = useState<Incoming[] | null>(null);
  const drop = useFileDrop((held) => void dropped(held).then((all) => all.length > 0 && setIncoming(all)));
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  const question = address.toString();
  const [asked, ask] = useState(question);
  if (asked !== question) {
    ask(question);
    choose(NOTHING);
  }

  const set = (changes: Record<string, string | null>) => setAddress(changed(address, { finding: null, ...changes }), { replace: true });
  const classes = facts.data?.classes ?? [];
  const whole = method?.tools.includes("whole") ?? true;
  const number = chosen.ids.size;
  const selection: Selection | null = number === 0 ? null : chosen.all && number > MANY && finding === null ? { where } : { ids: [...chosen.ids] };

  const label = (name: string | null) => {
    if (!selection || !whole) return;
    actions.label.mutate({ selection, label: name });
    // One image after the other: a key labels it and goes on to the next.
    if (number === 1 && ids) choose(move(chosen, ids, 1));
  };
  const open = useCallback((id: number) => void go(`/projects/${project}/label?image=${String(id)}`), [go, project]);
  const remove = () => {
    if (!selection) return;
    actions.remove.mutate(selection);
    choose(NOTHING);
  };

  const onKey = (event: React.KeyboardEvent, columns: number, page: number) => {
    if (!ids || event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, PageDown: page, PageUp: -page, Home: -ids.length, End: ids.length };
    const by = steps[event.key];
    const pressed = classes.find((each) => each.hotkey === event.key);
    if (by !== undefined) choose(move(chosen, ids, by, { shift: event.shiftKey }));
    else if (control && event.key.toLowerCase() === "a") choose(everything(chosen, ids));
    else if (control) return;
    else if (event.key === " " && chosen.cursor !== null) choose(toggle(chosen, chosen.cursor));
    else if (event.key === "Enter" && chosen.cursor !== null) open(chosen.cursor);
    else if (event.key === "Escape") choose({ ...NOTHING, cursor: chosen.cursor });
    else if (event.key === "Delete") remove();
    else if (pressed) label(pressed.name);
    else if (event.key === "0") label(null);
    else return;
    event.preventDefault();
  };

  useEffect(() => {
    localStorage.setItem("sightmill.thumbnails", String(size));
  }, [size]);

  const add = [
    { label: "Files from this computer…", icon: Upload, onSelect: () => files.current?.click() },
    { label: "A folder from this computer…", icon: FolderInput, onSelect: () => folder.current?.click() },
    { label: "A folder on the server…", icon: FolderOpen, onSelect: () => show("import") },
    { label: "A camera, or a watched folder…", icon: Camera, onSelect: () => show("capture") },
  ];
  const none = facts.data?.counts.images === 0;

  return (
    <div className={css.view} {...drop.target}>
      <h1 className="visually-hidden">Images</h1>
      <Toolbar label="Images">
        <Menu entries={add}>
          {(props) => (
            <Button tone="primary" icon={ImagePlus} {...props}>
              Add images
            </Button>
          )}
        </Menu>
        <Select aria-label="Show" value={(address.get("state") ?? "") as State} choices={STATES} onChange={(value) => set({ state: value })} />
        <Select
          aria-label="With label"
          value={address.get("label") ?? ""}
          choices={[{ value: "", label: "Any label" }, ...classes.map((each) => ({ value: each.name, label: each.name }))]}
          onChange={(value) => set({ label: value })}
        />
        <Select
          aria-label="In split"
          value={address.get("split") ?? ""}
          choices={[
            { value: "", label: "Any split" },
            { value: "train", label: "Training" },
            { value: "validation", label: "Validation" },
            { value: "test", label: "Test" },
            { value: "none", label: "No split" },
          ]}
          onChange={(value) => set({ split: value })}
        />
        <Select aria-label="Sort by" value={sort} choices={SORTS} onChange={(value) => set({ sort: value === "added" ? null : value, order: null })} />
        <IconButton icon={order === "up" ? ArrowUpNarrowWide : ArrowDownWideNarrow} label={order === "up" ? "Rising; turn round" : "Falling; turn round"} onClick={() => set({ order: order === "up" ? "down" : "up" })} />
        {(narrowed(address) || ofFinding) && (
          <Button tone="quiet" size="small" icon={X} onClick={() => setAddress(widened(address), { replace: true })}>
            Show all
          </Button>
        )}
        <span className={css.spacer} />
        <span className={css.found} aria-live="polite">
          {ids && many(ids.length, "image")}
        </span>
        <input className={css.zoom} type="range" aria-label="Size of the pictures" min={96} max={320} step={8} value={size} onChange={(event) => setSize(event.target.valueAsNumber)} />
        <Menu
          align="end"
          entries={[
            { label: "Export images and labels…", icon: FileDown, disabled: none, onSelect: () => show("export") },
            { label: "Image sizes and correction…", icon: Scaling, disabled: none, onSelect: () => show("correct") },
          ]}
        >
          {(props) => <IconButton icon={Ellipsis} label="Export, image sizes" {...props} />}
        </Menu>
        <IconButton icon={PanelRight} label={side ? "Fold the classes away" : "Show the classes"} aria-expanded={side} onClick={() => showSide(!side)} />
      </Toolbar>

      {(facts.isPending || (found.isPending && finding === null)) && (
        <div className={css.skeletons} aria-busy>
          {Array.from({ length: 24 }, (_, index) => (
            <Skeleton key={index} height={150} />
          ))}
        </div>
      )}
      {found.isError && <ErrorNote error={found.error} />}
      {none && (
        <Empty
          icon={ImagePlus}
          title="Bring in the first images"
          actions={
            <>
              <Button tone="primary" icon={Upload} onClick={() => files.current?.click()}>
                Choose files
              </Button>
              <Button icon={FolderInput} onClick={() => folder.current?.click()}>
                Choose a folder
              </Button>
              <Button icon={FolderOpen} onClick={() => show("import")}>
                Use a folder on the server
              </Button>
              <Button icon={Camera} onClick={() => show("capture")}>
                Capture
              </Button>
            </>
          }
        >
          Drop images or whole folders here. Folders named after classes, and the data formats of the field (COCO, YOLO, VOC, LabelMe, masks, CSV), bring their labels along.
        </Empty>
      )}
      {!none && ids?.length === 0 && !found.isPending && (
        <Empty icon={X} title="No image answers to this" actions={<Button onClick={() => setAddress(widened(address), { replace: true })}>Show all images</Button>}>
          {ofFinding ? ofFinding.what : "Loosen the filter to see more."}
        </Empty>
      )}
      {ids && ids.length > 0 && (
        <Gallery project={project} ids={ids} classes={classes} size={size} chosen={chosen} onClick={(id, pressed) => choose((was) => click(was, ids, id, pressed))} onOpen={open} onKey={onKey} />
      )}
      {side && !none && (
        <aside className={css.side} aria-label="Classes">
          <ClassPanel project={project} classes={classes} unlabelled={facts.data?.counts.unlabelled ?? 0} method={method} chosen={number} onLabel={label} />
        </aside>
      )}

      {selection && (
        <div className={css.bar} role="toolbar" aria-label="What to do with the chosen images">
          <strong>{count(number)} chosen</strong>
          {number === 1 && (
            <Button size="small" icon={PenLine} onClick={() => open([...chosen.ids][0] ?? 0)}>
              Open
            </Button>
          )}
          {whole && (
            <Menu
              entries={[
                ...classes.map((each) => ({ label: each.name, colour: each.colour, shortcut: each.hotkey ?? undefined, onSelect: () => label(each.name) })),
                "separator" as const,
                { label: "Take the labels away", shortcut: "0", onSelect: () => label(null) },
              ]}
            >
              {(props) => (
                <Button size="small" {...props}>
                  Label as…
                </Button>
              )}
            </Menu>
          )}
          <Menu
            entries={[
              { label: "Training", onSelect: () => actions.split.mutate({ selection, split: "train" }) },
              { label: "Validation", onSelect: () => actions.split.mutate({ selection, split: "validation" }) },
              { label: "Test", onSelect: () => actions.split.mutate({ selection, split: "test" }) },
              "separator",
              { label: "No split", onSelect: () => actions.split.mutate({ selection, split: null }) },
            ]}
          >
            {(props) => (
              <Button size="small" {...props}>
                Move to…
              </Button>
            )}
          </Menu>
          {(facts.data?.counts.predicted ?? 0) > 0 && (
            <Button size="small" icon={Check} onClick={() => actions.accept.mutate(selection)}>
              Label as predicted
            </Button>
          )}
          <Menu
            entries={[
              { label: "To review", onSelect: () => actions.review.mutate({ selection, review: "open" }) },
              { label: "Accepted", onSelect: () => actions.review.mutate({ selection, review: "accepted" }) },
              { label: "Rejected", onSelect: () => actions.review.mutate({ selection, review: "rejected" }) },
            ]}
          >
            {(props) => (
              <Button size="small" {...props}>
                Review…
              </Button>
            )}
          </Menu>
          <Button size="small" tone="danger" icon={Trash2} onClick={remove}>
            Take out
          </Button>
          <span className={css.spacer} />
          <Button size="small" tone="quiet" onClick={() => choose(NOTHING)}>
            Choose none
          </Button>
        </div>
      )}

      <input ref={files} type="file" multiple accept="image/*,.tif,.tiff,.pgm,.ppm,.jp2" hidden aria-label="Image files" onChange={(event) => take(event, setIncoming)} />
      <input ref={folder} type="file" multiple hidden aria-label="Image folder" {...{ webkitdirectory: "" }} onChange={(event) => take(event, setIncoming)} />
      {drop.over && (
        <div className={css.drop}>
          <Upload size={36} aria-hidden />
          Drop images or folders
        </div>
      )}
      {incoming && <UploadDialog project={project} incoming={incoming} whole={whole} onClose={() => setIncoming(null)} />}
      {dialog === "import" && <ImportDialog project={project} onClose={() => show(null)} />}
      {dialog === "capture" && <CaptureDialog project={project} onClose={() => show(null)} />}
      {dialog === "correct" && <CorrectionDialog project={project} selection={selection} chosen={number} onClose={() => show(null)} />}
      {dialog === "export" && <ExportDialog project={project} selection={selection} chosen={number} onClose={() => show(null)} />}
    </div>
  );
}

function take(event: React.ChangeEvent<HTMLInputElement>, to: (all: Incoming[]) => void) {
  if (event.target.files && event.target.files.length > 0) to(chosenFiles([...event.target.files]));
  // The same files may be chosen again.
  event.target.value = "";
}
