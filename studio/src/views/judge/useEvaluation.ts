import { useQuery } from "@tanstack/react-query";

import { answer, api, keys, type BoxRegion, type Evaluating, type Evaluation } from "@/api";

export type Split = NonNullable<Evaluating["split"]>;

/**
 * What a run is worth on a split. While the network still has to see images it is asked again, until the answer is there;
 * other inference settings only decide anew, so sliders answer in a moment.
 */
export function useEvaluation(project: string, run: number | null, split: Split, inference: Readonly<Record<string, unknown>>, roi: BoxRegion | null) {
  const own = Object.keys(inference).length === 0;
  return useQuery({
    queryKey: [...keys.evaluation(project, run ?? 0), split, inference, roi],
    queryFn: () =>
      answer(
        api.POST("/api/projects/{project}/runs/{run}/evaluation", {
          params: { path: { project, run: run ?? 0 } },
          // Confidence intervals take their time: only for what the model decides with.
          body: { split, inference: { ...inference }, intervals: own, figures: true, roi },
        }),
      ),
    enabled: run !== null,
    retry: false,
    placeholderData: (before: Evaluation | undefined) => (before?.run === run && before?.split === split ? before : undefined),
    refetchInterval: ({ state }) => (state.data && !state.data.ready ? 1200 : false),
  });
}
