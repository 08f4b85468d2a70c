import { Brain, Check, Rocket } from "lucide-react";
import { useSearchParams } from "react-router";

import { useProject, useRuns } from "@/api";
import { Badge, ButtonLink, Empty, ErrorNote, Page, Select, Skeleton, Toolbar } from "@/components";

import css from "./Deploy.module.css";
import { Serve } from "./Serve";
import { Snippets } from "./Snippets";
import { Speed } from "./Speed";
import { TakeAway } from "./TakeAway";
import { TryIt } from "./TryIt";

/** From a trained model to one that works elsewhere: the file, code that runs, its speed here, trying it live, and serving it. */
export function DeployView({ project }: { project: string }) {
  const runs = useRuns(project);
  const facts = useProject(project).data;
  const [address, setAddress] = useSearchParams();
  const trained = (runs.data ?? []).filter((each) => each.model && !["running", "queued", "stopping"].includes(each.state));
  const run = trained.find((each) => String(each.id) === address.get("run")) ?? trained.find((each) => each.id === facts?.active_run) ?? trained[0] ?? null;
  if (runs.isError) return <Page><ErrorNote error={runs.error} /></Page>;
  if (runs.isPending || !facts) {
    return (
      <Page>
        <Skeleton height={120} />
        <Skeleton height={320} />
      </Page>
    );
  }
  if (!run) {
    return (
      <Empty icon={Rocket} title="No model to deploy yet" actions={<ButtonLink to={`/projects/${project}/train`} tone="primary" icon={Brain}>Train a model</ButtonLink>}>
        A trained model is one file. It is downloaded here, tried on new images, and put into a program with a few lines of code.
      </Empty>
    );
  }
  return (
    <div className={css.view}>
      <Toolbar label="Deploy">
        <Select aria-label="Model" value={String(run.id)} choices={trained.map((each) => ({ value: String(each.id), label: each.name }))} onChange={(id) => setAddress({ run: id })} />
        {facts.active_run === run.id && (
          <Badge tone="good" icon={Check}>
            in use
          </Badge>
        )}
        <span className={css.quiet}>{run.labels.slice(0, 6).join(", ")}</span>
      </Toolbar>
      <Page>
        <h1 className="visually-hidden">Deploy {run.name}</h1>
        <div className={css.top}>
          <TakeAway project={project} run={run} />
          <Speed key={run.id} project={project} run={run} />
        </div>
        <TryIt key={run.id} project={project} run={run} />
        <Snippets project={project} run={run} />
        <Serve key={run.id} project={project} run={run} trained={trained} />
      </Page>
    </div>
  );
}
