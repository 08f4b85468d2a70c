import { ImagePlus, Scaling } from "lucide-react";
import { useRef, useState } from "react";

import { useProject } from "@/api";
import { Button, ButtonLink, Empty, many, Skeleton } from "@/components";
import { CorrectionDialog } from "@/components/Correction";

import css from "./Check.module.css";
import { Distribution } from "./Distribution";
import { Findings } from "./Findings";
import { Rule } from "./Rule";

/** Which images teach and which judge; and whether the data is fit to be learnt from. */
export function CheckView({ project }: { project: string }) {
  const facts = useProject(project).data;
  const rule = useRef<HTMLElement>(null);
  const [correcting, correct] = useState(false);
  if (!facts) {
    return (
      <div className={css.page}>
        <Skeleton height={300} />
        <Skeleton height={200} />
      </div>
    );
  }
  if (facts.counts.images === 0) {
    return (
      <Empty icon={ImagePlus} title="Nothing to check yet" actions={<ButtonLink to={`/projects/${project}/images`} tone="primary">To the images</ButtonLink>}>
        Once there are images, they are divided here into training, validation and test, and looked through for what keeps a model from learning.
      </Empty>
    );
  }
  const toRule = () => {
    rule.current?.scrollIntoView({ block: "center", behavior: "smooth" });
    rule.current?.querySelector<HTMLElement>("[role=slider]")?.focus();
  };
  return (
    <div className={css.page}>
      <h1 className="visually-hidden">Split and check</h1>
      <div className={css.top}>
        <section className={css.card} aria-labelledby="split">
          <header>
            <h2 id="split">Images by class and split</h2>
            <span className={css.push} />
            {facts.counts.sizes > 1 && (
              <Button size="small" tone="quiet" icon={Scaling} onClick={() => correct(true)}>
                {many(facts.counts.sizes, "image size")}
              </Button>
            )}
          </header>
          <Distribution project={project} facts={facts} />
          <p className={css.hint}>Drag a number into another split, or click it.</p>
        </section>
        <section className={css.card} aria-labelledby="rule" ref={rule}>
          <header>
            <h2 id="rule">Divide by rule</h2>
          </header>
          <Rule project={project} facts={facts} />
        </section>
      </div>
      <Findings project={project} onSplit={toRule} onCorrect={() => correct(true)} />
      {correcting && <CorrectionDialog project={project} onClose={() => correct(false)} />}
    </div>
  );
}
