import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Brain, Check, FileDown, Gauge, PanelRight, Scan, X } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";

import { answer, api, keys, useMethod, useProject, useRuns, WINDOW, type BoxRegion, type EstimateFacts, type Run } from "@/api";
import { Badge, Button, ButtonLink, Empty, ErrorNote, figure, IconButton, many, Menu, Note, Page, Panel, percent, Progress, Push, Segmented, Select, Skeleton, toast, Toolbar } from "@/components";
import { SchemaForm, type Values } from "@/forms";

import { Detail } from "./Detail";
import { FigureCard, type Cell } from "./Figures";
import { figuresOf } from "./figures";
import css from "./Judge.module.css";
import { RegionDialog } from "./RegionDialog";
import { isUnsure, wrongly, type Thresholds } from "./rates";
import { ScoreHistogram } from "./ScoreHistogram";
import { useEvaluation, type Split } from "./useEvaluation";
import { WorstFirst } from "./WorstFirst";

const SPLITS = [
  { value: "test", label: "Test" },
  { value: "validation", label: "Validation" },
  { value: "train", label: "Training" },
  { value: "all", label: "All" },
] as const;

const numeric = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** What a model is worth: figures, thresholds to drag, the images with the worst answers first. */
export function JudgeView({ project }: { project: string }) {
  const runs = useRuns(project);
  const facts = useProject(project).data;
  const [address, setAddress] = useSearchParams();
  const trained = (runs.data ?? []).filter((each) => each.model && !["running", "queued", "stopping"].includes(each.state));
  const run = trained.find((each) => String(each.id) === address.get("run")) ?? trained.find((each) => each.id === facts?.active_run) ?? trained[0] ?? null;
  if (runs.isPending || !facts) return <Page><Skeleton height={420} /></Page>;
  if (!run) {
    return (
      <Empty icon={Gauge} title="No model to judge yet" actions={<ButtonLink to={`/projects/${project}/train`} tone="primary" icon={Brain}>Train a model</ButtonLink>}>
        Once a model is trained, its answers on images it has never seen are shown here: what it misses, what it rejects wrongly, and where to set the limit.
      </Empty>
    );
  }
  return <Judged key={run.id} project={project} run={run} runs={trained} active={facts.active_run} onRun={(id) => setAddress({ run: id })} />;
}

function Judged({ project, run, runs, active, onRun }: { project: string; run: Run; runs: readonly Run[]; active: number | null; onRun: (id: string) => void }) {
  const cache = useQueryClient();
  const method = useMethod(project);
  const facts = useProject(project).data;
  const splits = facts?.counts.splits ?? {};
  const [split, setSplit] = useState<Split>(() => ((splits.test ?? 0) > 0 ? "test" : (splits.validation ?? 0) > 0 ? "validation" : "all"));
  /** What the sliders say that the model does not (yet); `tried` follows when the hand lets go. */
  const [values, setValues] = useState<Values>({});
  const [tried, setTried] = useState<Values>({});
  const [roi, setRoi] = useState<BoxRegion | null>(null);
  const [choosing, chooseRegion] = useState(false);
  const [panel, showPanel] = useState(true);
  const [advanced, setAdvanced] = useState(false);
  const [cell, setCell] = useState<Cell | null>(null);
  const [open, show] = useState<number | null>(null);
  const judged = useEvaluation(project, run.id, split, tried, roi);
  const data = judged.data;

  const keep = useMutation({
    mutationFn: () =>
      answer(api.PUT("/api/projects/{project}/runs/{run}/inference", { params: { path: { project, run: run.id } }, body: { values: { ...run.inference, ...values }, window: WINDOW } })),
    onSuccess: (next) => {
      cache.setQueryData<Run[]>(keys.runs(project), (all) => all?.map((each) => (each.id === next.id ? next : each)));
      void cache.invalidateQueries({ queryKey: keys.evaluation(project, run.id) });
      setValues({});
      setTried({});
      toast("The model decides by these settings from now on", "good");
    },
  });
  const activate = useMutation({
    mutationFn: () => answer(api.PATCH("/api/projects/{project}", { params: { path: { project } }, body: { active_run: run.id, window: WINDOW } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.all(project) }),
  });

  // The form's defaults are the model's own settings: what differs from them is what was tried.
  const parameters = useMemo(
    () => (method?.inference ?? []).map((each) => (data && Object.hasOwn(data.inference, each.name) && !Object.hasOwn(tried, each.name) ? { ...each, default: data.inference[each.name] } : each)),
    [method, data, tried],
  );
  const commit = useCallback((next: Values) => {
    setValues(next);
    setTried(next);
  }, []);

  const now = { ...data?.inference, ...values };
  const interactive = data !== undefined && data.threshold !== null && data.images.some((each) => each.score !== null && each.good !== null);
  const thresholds: Thresholds | null = interactive ? { t: numeric(now.threshold) ?? 50, t1: numeric(now.uncertain_low), t2: numeric(now.uncertain_high) } : null;
  const images = useMemo(() => {
    const all = data?.images ?? [];
    if (!thresholds) return all.map((each) => ({ ...each, unsure: false }));
    return all.map((each) => ({ ...each, wrong: each.good === null ? each.wrong : wrongly(each, thresholds), unsure: isUnsure(each, thresholds) }));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the three numbers are what counts
  }, [data, thresholds?.t, thresholds?.t1, thresholds?.t2]);
  const threshold = method?.inference.find((each) => each.name === "threshold");
  const scores = images.map((each) => each.score).filter((each): each is number => each !== null);
  const low = threshold?.minimum ?? Math.min(0, ...scores);
  const high = threshold?.maximum ?? Math.max(1, ...scores);
  const drag = (to: Thresholds) => ({ ...values, threshold: to.t, uncertain_low: to.t1, uncertain_high: to.t2 });

  const figures = figuresOf(data?.figures ?? []).filter((each) => !(interactive && each.kind === "histogram" && Object.keys(each.thresholds).length > 0));
  const matrices = figures.filter((each) => each.kind === "matrix");
  const rest = figures.filter((each) => each.kind !== "matrix");
  const differs = Object.keys(values).length > 0;
  const url = (kind: string) => `/api/projects/${project}/runs/${String(run.id)}/report.${kind}?split=${split}`;

  return (
    <div className={css.view} data-panel={panel || undefined}>
      <Toolbar label="Judge">
        <Select aria-label="Model" value={String(run.id)} choices={runs.map((each) => ({ value: String(each.id), label: each.name }))} onChange={onRun} />
        {active === run.id ? (
          <Badge tone="good" icon={Check}>
            in use
          </Badge>
        ) : (
          <Button size="small" busy={activate.isPending} onClick={() => activate.mutate()} data-tip="Its answers are shown in the gallery">
            Use this model
          </Button>
        )}
        <Segmented label="Judged on" value={split} choices={SPLITS} onChange={(next) => { setSplit(next); setCell(null); }} />
        <Button tone="quiet" size="small" icon={roi ? X : Scan} aria-pressed={roi !== null} onClick={() => (roi ? setRoi(null) : chooseRegion(true))}>
          {roi ? "Whole images again" : "Only a region"}
        </Button>
        <Push />
        <Menu
          align="end"
          entries={[
            { label: "Report to read (HTML)", icon: FileDown, onSelect: () => window.location.assign(url("html")) },
            { label: "Report for programs (JSON)", icon: FileDown, onSelect: () => window.location.assign(url("json")) },
          ]}
        >
          {(props) => (
            <Button icon={FileDown} disabled={!data?.ready} {...props}>
              Report
            </Button>
          )}
        </Menu>
        <IconButton icon={PanelRight} label={panel ? "Fold the settings away" : "Show the settings"} aria-expanded={panel} onClick={() => showPanel(!panel)} />
      </Toolbar>

      <Page>
        <h1 className="visually-hidden">Judge {run.name}</h1>
        <ErrorNote error={judged.error} />
        {data && !data.ready && <Waiting done={data.job?.done ?? 0} total={data.job?.total ?? 0} />}
        {judged.isPending && (
          <>
            <Skeleton height={76} />
            <Skeleton height={260} />
          </>
        )}
        {data?.ready && (
          <>
            {data.trained_on && <Note tone="warn">The model has seen these images in training: the figures say nothing about new ones.</Note>}
            {data.notes.map((each) => (
              <Note key={each}>{each}</Note>
            ))}
            <Metrics metrics={data.metrics} limits={new Map(method?.metrics.map((each) => [each.name, each.limit]))} stale={judged.isFetching} />
            {thresholds && (
              <ScoreHistogram
                images={data.images}
                thresholds={thresholds}
                low={low}
                high={high}
                band={thresholds.t1 !== null || thresholds.t2 !== null}
                onChange={(next) => setValues(drag(next))}
                onCommit={(next) => commit(drag(next))}
              />
            )}
            {matrices.length > 0 && <div className={css.figures}>{matrices.map((each) => <FigureCard key={each.title} figure={each} cell={cell} onCell={setCell} />)}</div>}
            <WorstFirst images={images} cell={cell} onCell={setCell} onOpen={show} />
            <div className={css.figures}>
              {rest.map((each) => (
                <FigureCard key={each.title} figure={each} cell={cell} onCell={setCell} />
              ))}
            </div>
          </>
        )}
      </Page>

      {panel && (
        <aside className={css.panel} aria-label="Decision settings">
          <Panel title="Decide" aside={data && many(data.images.length, "image")}>
            <p className={css.hint}>These settings work at once, without training again.</p>
            {data ? (
              <SchemaForm flat parameters={parameters} values={values} onChange={setValues} onCommit={commit} advanced={advanced} />
            ) : (
              <Skeleton height={200} />
            )}
            {method?.inference.some((each) => each.advanced) && (
              <Button size="small" tone="quiet" onClick={() => setAdvanced(!advanced)}>
                {advanced ? "Fewer settings" : "More settings"}
              </Button>
            )}
          </Panel>
          {differs && (
            <div className={css.keep}>
              <p>The figures are for the settings as tried here. The model itself still decides as before.</p>
              <Button tone="primary" busy={keep.isPending} onClick={() => keep.mutate()}>
                Keep for the model
              </Button>
              <Button onClick={() => commit({})}>Back to the model’s own</Button>
            </div>
          )}
        </aside>
      )}
      {open !== null && <Detail project={project} run={run} images={images} start={open} inference={tried} onClose={() => show(null)} />}
      {choosing && data && <RegionDialog project={project} images={data.images} onClose={() => chooseRegion(false)} onChoose={(next) => { setRoi(next); chooseRegion(false); }} />}
    </div>
  );
}

function Waiting({ done, total }: { done: number; total: number }) {
  return (
    <div className={css.waiting} role="status">
      <p>The model looks at the images{total > 0 && `: ${String(done)} of ${String(total)}`}. This is done once.</p>
      <Progress value={total > 0 ? done / total : null} label="Images seen" />
    </div>
  );
}

/** So many figures stand in one line. */
const FIRST = 5;

function Metrics({ metrics, limits, stale }: { metrics: readonly EstimateFacts[]; limits: ReadonlyMap<string, number>; stale: boolean }) {
  const [all, showAll] = useState(false);
  const write = (each: EstimateFacts, value: number | null) => ((limits.get(each.name) ?? 1) === 1 && (each.value ?? 0) <= 1 ? percent(value) : figure(value));
  return (
    <div className={css.metricsBox} data-stale={stale || undefined}>
      <dl className={css.metrics}>
        {metrics.slice(0, all ? undefined : FIRST).map((each) => (
          <div key={each.name}>
            <dt title={each.title}>{each.title}</dt>
            <dd>
              {write(each, each.value)}
              {each.low !== null && each.high !== null && (
                <small data-tip={`With 95 % confidence between these, for images like these ${String(each.count)}`}>
                  {write(each, each.low)} to {write(each, each.high)}
                </small>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {metrics.length > FIRST && (
        <Button size="small" tone="quiet" aria-expanded={all} onClick={() => showAll(!all)}>
          {all ? "Fewer figures" : `All ${String(metrics.length)} figures`}
        </Button>
      )}
    </div>
  );
}
