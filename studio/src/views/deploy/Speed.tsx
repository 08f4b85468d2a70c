import { useQuery } from "@tanstack/react-query";
import { Timer } from "lucide-react";

import { answer, api, keys, type Run } from "@/api";
import { Button, Card, ErrorNote, figure, Push, Skeleton } from "@/components";

import css from "./Deploy.module.css";

const PARTS = [
  { name: "view", title: "Preparing the image" },
  { name: "network", title: "Network" },
  { name: "decode", title: "Reading the answer" },
] as const;

/** How long one image takes on the machine that the studio runs on; measured when this is opened. */
export function Speed({ project, run }: { project: string; run: Run }) {
  const measured = useQuery({
    queryKey: [...keys.all(project), "latency", run.id],
    queryFn: () => answer(api.POST("/api/projects/{project}/runs/{run}/latency", { params: { path: { project, run: run.id } } })),
    staleTime: Infinity,
    retry: false,
  });
  const data = measured.data;
  return (
    <Card
      title="Speed on this machine"
      aside={
        <>
          <Push />
          <Button size="small" icon={Timer} busy={measured.isFetching} onClick={() => void measured.refetch()}>
            Measure again
          </Button>
        </>
      }
    >
      <ErrorNote error={measured.error} />
      {!data && !measured.isError && <Skeleton height={150} />}
      {data && (
        <div className={css.speed} data-stale={measured.isFetching || undefined}>
          <p className={css.big}>
            <strong>{figure(data.total)}</strong> ms <span>per image, {figure(1000 / Math.max(data.total, 1e-6))} images per second</span>
          </p>
          <div className={css.parts} role="img" aria-label={PARTS.map(({ name, title }) => `${title} ${figure(data[name])} ms`).join(", ")}>
            {PARTS.map(({ name }) => (
              <i key={name} data-part={name} style={{ flexGrow: Math.max(data[name], data.total / 200) }} />
            ))}
          </div>
          <ul className={css.legend}>
            {PARTS.map(({ name, title }) => (
              <li key={name}>
                <i data-part={name} aria-hidden /> {title} <b>{figure(data[name])} ms</b>
              </li>
            ))}
          </ul>
          <p className={css.hint}>
            {data.processor}; {data.engine} {data.version}, {data.device}, {data.precision}; an image of {data.width} × {data.height} pixels
            {data.tiles > 1 && ` in ${String(data.tiles)} tiles`}. Median of several.
          </p>
        </div>
      )}
    </Card>
  );
}
