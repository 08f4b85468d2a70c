import { FileDown, Gauge, Package } from "lucide-react";

import { useMethod, type Run } from "@/api";
import { ButtonLink, Card, Download, figure } from "@/components";

import css from "./Deploy.module.css";

/** The model as a file, and what stands in it. */
export function TakeAway({ project, run }: { project: string; run: Run }) {
  const method = useMethod(project);
  const base = `/api/projects/${project}/runs/${String(run.id)}`;
  const chosen = Object.entries(run.inference ?? {});
  return (
    <Card title="The model">
      <div className={css.downloads}>
        <Download tone="primary" size="large" icon={Package} href={`${base}/model`}>
          Download the model
        </Download>
        <Download icon={FileDown} href={`${base}/onnx`}>
          Network only (ONNX)
        </Download>
      </div>
      <p className={css.hint}>
        One file with the network, how images go in and answers come out, the thresholds, and a check that it still answers as it did when it was trained. Opening it runs no code. ONNX alone is for programs that do the rest themselves.
      </p>
      <dl className={css.facts}>
        <dt>Method</dt>
        <dd>{method?.title ?? run.method}</dd>
        <dt>Decides by</dt>
        <dd>
          {chosen.length === 0
            ? "the settings it was trained with"
            : chosen.map(([name, value]) => `${method?.inference.find((each) => each.name === name)?.title ?? name} ${typeof value === "number" ? figure(value) : String(value)}`).join(", ")}
        </dd>
      </dl>
      <ButtonLink tone="quiet" size="small" icon={Gauge} to={`/projects/${project}/judge?run=${String(run.id)}`}>
        Change how it decides
      </ButtonLink>
    </Card>
  );
}
