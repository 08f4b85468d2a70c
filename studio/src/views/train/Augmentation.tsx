import { useQuery } from "@tanstack/react-query";
import { Dices } from "lucide-react";
import { useState } from "react";

import { answer, api, keys, useImageIds } from "@/api";
import { IconButton, Panel, Skeleton } from "@/components";
import type { Values } from "@/forms";

import css from "./Train.module.css";

const COUNT = 6;

/** What training will make of a real image: it follows the sliders. */
export function Augmentation({ project, settings }: { project: string; settings: Values }) {
  const ids = useImageIds(project, { split: "train" }, "added", "up").data ?? [];
  const others = useImageIds(project, {}, "added", "up").data ?? [];
  const [seed, reseed] = useState(0);
  const all = ids.length > 0 ? ids : others;
  const image = all[(seed * 7) % Math.max(all.length, 1)];
  const made = useQuery({
    queryKey: [...keys.all(project), "augmentation", image, settings, seed],
    queryFn: () =>
      answer(api.POST("/api/projects/{project}/augmentation", { params: { path: { project } }, body: { image: image ?? 0, settings: { ...settings }, count: COUNT, seed, side: 192 } })),
    enabled: image !== undefined,
    placeholderData: (before) => before,
    retry: false,
    staleTime: Infinity,
  });
  if (image === undefined) return null;
  return (
    <Panel title="What augmentation does to an image" aside={<IconButton icon={Dices} label="Another draw" size="small" onClick={() => reseed(seed + 1)} />}>
      <div className={css.pictures}>
        {made.data
          ? made.data.pictures.slice(0, COUNT).map((picture, index) => (
              <figure key={index}>
                <img src={picture} alt={index === 0 ? "The image as it is" : `A random variant of it, number ${String(index)}`} />
                <figcaption>{index === 0 ? "as it is" : `variant ${String(index)}`}</figcaption>
              </figure>
            ))
          : Array.from({ length: COUNT }, (_, index) => <Skeleton key={index} height={110} />)}
      </div>
    </Panel>
  );
}
