import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Info, ListChecks, RotateCcw, TriangleAlert, X } from "lucide-react";
import { useNavigate } from "react-router";

import { answer, api, keys, useFindings, useUndo, WINDOW, type FindingFacts } from "@/api";
import { Badge, Button, Card, count, Empty, ErrorNote, IconButton, many, moment, Progress, Push, Skeleton, toast, useJob } from "@/components";

import css from "./Check.module.css";

const LOOKS = {
  error: { icon: CircleAlert, words: "error" },
  warning: { icon: TriangleAlert, words: "warning" },
  info: { icon: Info, words: "remark" },
} as const;

const PICTURES = 7;

interface FindingsProps {
  project: string;
  /** Is asked for where a finding's button leads to the rule of the splits, or to the correction of images. */
  onSplit: () => void;
  onCorrect: () => void;
}

/** What the check found, as a to-do list: a button each, and what is done or dismissed folded away. */
export function Findings({ project, onSplit, onCorrect }: FindingsProps) {
  const cache = useQueryClient();
  const findings = useFindings(project);
  const data = findings.data;
  const { job, start, busy } = useJob(project, (done) => {
    void cache.invalidateQueries({ queryKey: keys.all(project) });
    const number = Number(done.result.findings ?? 0);
    toast(number === 0 ? "Nothing doubtful was found." : `${many(number, "finding")}.`, number === 0 ? "good" : "plain");
  });
  const check = () => start(answer(api.POST("/api/projects/{project}/check", { params: { path: { project } }, body: {} })));
  const open = data?.items.filter((each) => each.state === "open") ?? [];
  const closed = data?.items.filter((each) => each.state !== "open") ?? [];
  const never = data?.checked_at === null;
  return (
    <Card
      title="Data check"
      aside={
        <>
          {data && !never && (
            <>
              <span className={css.quiet}>{moment(data.checked_at)}</span>
              {!data.current && <Badge tone="warn">changed since</Badge>}
            </>
          )}
          <Push />
          <Button tone={never || data?.current === false ? "primary" : "plain"} icon={ListChecks} busy={busy} disabled={busy} onClick={check}>
            {never ? "Check the data" : "Check again"}
          </Button>
        </>
      }
    >
      <ErrorNote error={findings.error} />
      {job && (
        <div className={css.working}>
          <Progress value={job.total > 1 ? job.done / job.total : null} label="Looking at the images" />
          <p>All images are looked at once: sizes, duplicates, labels, splits.</p>
        </div>
      )}
      {findings.isPending && <Skeleton height={140} />}
      {never && !job && (
        <Empty icon={ListChecks} title="Not checked yet">
          The check looks at every image: can it be read, is it there twice, do labels contradict one another, has a test image leaked into training? Each finding comes with what to do.
        </Empty>
      )}
      {data && !never && open.length === 0 && !job && (
        <div className={css.fine}>
          <CircleCheck size={20} aria-hidden />
          <p>{closed.length > 0 ? "Nothing is left to do." : "Nothing doubtful was found in the images and labels."}</p>
        </div>
      )}
      <ul className={css.findings}>
        {open.map((each) => (
          <Finding key={each.id} project={project} finding={each} onSplit={onSplit} onCorrect={onCorrect} />
        ))}
      </ul>
      {closed.length > 0 && (
        <details className={css.more}>
          <summary>{count(closed.length)} done or dismissed</summary>
          <ul className={css.findings}>
            {closed.map((each) => (
              <Finding key={each.id} project={project} finding={each} onSplit={onSplit} onCorrect={onCorrect} />
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

const capital = (text: string): string => (text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`);

function Finding({ project, finding, onSplit, onCorrect }: FindingsProps & { finding: FindingFacts }) {
  const cache = useQueryClient();
  const go = useNavigate();
  const undo = useUndo(project);
  const at = { params: { path: { project, finding: finding.id } } };
  const renew = () => void cache.invalidateQueries({ queryKey: keys.findings(project) });
  const fix = useMutation({
    mutationFn: () => answer(api.POST("/api/projects/{project}/findings/{finding}/fix", { params: { ...at.params, query: { window: WINDOW } } })),
    onSuccess: (change) => {
      void cache.invalidateQueries({ queryKey: keys.all(project) });
      toast(change.title, "plain", change.id === null ? undefined : { label: "Undo", run: () => undo.mutate("undo") });
    },
  });
  const put = useMutation({
    mutationFn: (state: "open" | "dismissed") => answer(api.PATCH("/api/projects/{project}/findings/{finding}", { ...at, body: { state } })),
    onSuccess: () => {
      renew();
      void cache.invalidateQueries({ queryKey: keys.project(project) });
    },
  });
  const first = finding.images.slice(0, PICTURES);
  const rows = useQuery({
    queryKey: [...keys.rows(project), "finding", first],
    queryFn: () => answer(api.POST("/api/projects/{project}/gallery/rows", { params: { path: { project } }, body: { ids: first } })),
    enabled: first.length > 0 && finding.state === "open",
  });
  const show = () => void go(`/projects/${project}/images?finding=${String(finding.id)}`);
  const act = () => {
    const action = finding.fix?.action;
    if (action === "show") show();
    else if (action === "split") onSplit();
    else if (action === "correct") onCorrect();
    else fix.mutate();
  };
  const { icon: Icon, words } = LOOKS[finding.level];
  return (
    <li className={css.finding} data-level={finding.level} data-state={finding.state}>
      <Icon size={18} aria-hidden />
      <div className={css.body}>
        <p>
          <span className="visually-hidden">{words}: </span>
          {capital(finding.what)}
        </p>
        {finding.state === "open" && finding.remedy && <p className={css.quiet}>{capital(finding.remedy)}</p>}
        {finding.state === "open" && first.length > 0 && (
          <div className={css.pictures}>
            {first.map((id) => {
              const row = rows.data?.find((each) => each.id === id);
              return row && !row.problem ? <img key={id} src={row.thumbnail.replace("side=256", "side=128")} alt={row.name} title={row.name} loading="lazy" /> : <Skeleton key={id} width={52} height={52} />;
            })}
            {finding.count > first.length && <span className={css.quiet}>and {count(finding.count - first.length)} more</span>}
          </div>
        )}
      </div>
      <div className={css.acts}>
        {finding.state === "open" ? (
          <>
            {finding.fix && (
              <Button size="small" busy={fix.isPending} onClick={act}>
                {finding.fix.title}
              </Button>
            )}
            {finding.count > 0 && finding.fix?.action !== "show" && (
              <Button size="small" tone="quiet" onClick={show}>
                Show {many(finding.count, "image")}
              </Button>
            )}
            <IconButton icon={X} size="small" label="Dismiss: this is as it should be" onClick={() => put.mutate("dismissed")} />
          </>
        ) : (
          <>
            <Badge tone={finding.state === "done" ? "good" : "plain"}>{finding.state}</Badge>
            {finding.state === "dismissed" && <IconButton icon={RotateCcw} size="small" label="Back onto the list" onClick={() => put.mutate("open")} />}
          </>
        )}
      </div>
    </li>
  );
}
