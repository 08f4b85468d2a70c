import { ImagePlus, Scaling } from "lucide-react";
import { useRef, useState } from "react";

import { useProject } from "@/api";
import { Button, ButtonLink, Card, Empty, many, Page, Push, Skeleton } from "@/components";
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
      <Page>
        <Skeleton height={300} />
        <Skeleton height={200} />
      </Page>
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
    <Page>
      <h1 className="visually-hidden">Split and check</h1>
      <div className={css.top}>
        <Card
          title="Images by class and split"
          aside={
            facts.counts.sizes > 1 && (
              <>
                <Push />
                <Button size="small" tone="quiet" icon={Scaling} onClick={() => correct(true)}>
                  {many(facts.counts.sizes, "image size")}
                </Button>
              </>
            )
          }
        >
          <Distribution project={project} facts={facts} />
          <p className={css.hint}>Drag a number into another split, or click it.</p>
        </Card>
        <Card title="Divide by rule" ref={rule}>
          <Rule project={project} facts={facts} />
        </Card>
      </div>
      <Findings project={project} onSplit={toRule} onCorrect={() => correct(true)} />
      {correcting && <CorrectionDialog project={project} onClose={() => correct(false)} />}
    </Page>
  );
}
