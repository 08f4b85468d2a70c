import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, keys, type Run } from "@/api";
import { Card, Code, CopyButton, ErrorNote, Push, Skeleton, Tabs } from "@/components";

/** Code that runs as it is, with this model and an image of the project. */
export function Snippets({ project, run }: { project: string; run: Run }) {
  const said = JSON.stringify(run.inference);
  const snippets = useQuery({
    queryKey: [...keys.all(project), "snippets", run.id, said],
    queryFn: () => answer(api.GET("/api/projects/{project}/runs/{run}/snippets", { params: { path: { project, run: run.id } } })),
  });
  const [tab, setTab] = useState("python");
  const all = snippets.data ?? [];
  const shown = all.find((each) => each.id === tab) ?? all[0];
  return (
    <Card
      title="Use it in a program"
      aside={
        <>
          <Push />
          <CopyButton text={shown?.code} />
        </>
      }
    >
      <ErrorNote error={snippets.error} />
      {snippets.isPending && <Skeleton height={140} />}
      {shown && (
        <Tabs label="Languages" tabs={all.map((each) => ({ id: each.id, label: each.title }))} value={shown.id} onChange={setTab}>
          <Code label={shown.title}>{shown.code}</Code>
        </Tabs>
      )}
    </Card>
  );
}
