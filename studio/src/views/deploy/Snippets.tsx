import { useQuery } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";
import { useState } from "react";

import { answer, api, keys, type Run } from "@/api";
import { Button, ErrorNote, Skeleton, Tabs, toast } from "@/components";

import css from "./Deploy.module.css";

/** Code that runs as it is, with this model and an image of the project. */
export function Snippets({ project, run }: { project: string; run: Run }) {
  const said = JSON.stringify(run.inference);
  const snippets = useQuery({
    queryKey: [...keys.all(project), "snippets", run.id, said],
    queryFn: () => answer(api.GET("/api/projects/{project}/runs/{run}/snippets", { params: { path: { project, run: run.id } } })),
  });
  const [tab, setTab] = useState("python");
  const [copied, setCopied] = useState("");
  const all = snippets.data ?? [];
  const shown = all.find((each) => each.id === tab) ?? all[0];
  const copy = async () => {
    if (!shown) return;
    try {
      await navigator.clipboard.writeText(shown.code);
      setCopied(shown.id);
      setTimeout(() => setCopied(""), 2000);
    } catch {
      toast("The browser does not allow this page to copy. Select the code and press Ctrl+C.");
    }
  };
  return (
    <section className={css.card} aria-labelledby="use">
      <header>
        <h2 id="use">Use it in a program</h2>
        <span className={css.push} />
        <Button size="small" icon={shown && copied === shown.id ? Check : Copy} disabled={!shown} onClick={() => void copy()}>
          {shown && copied === shown.id ? "Copied" : "Copy"}
        </Button>
      </header>
      <ErrorNote error={snippets.error} />
      {snippets.isPending && <Skeleton height={140} />}
      {shown && (
        <Tabs label="Languages" tabs={all.map((each) => ({ id: each.id, label: each.title }))} value={shown.id} onChange={setTab}>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- code that scrolls must be reachable with the keyboard */}
          <pre className={css.code} tabIndex={0} aria-label={shown.title}>
            <code>{shown.code}</code>
          </pre>
        </Tabs>
      )}
    </section>
  );
}
