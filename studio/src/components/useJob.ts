import { useEffect, useState } from "react";

import { useEvent, useJobs, type Job } from "@/api";

import { toastError } from "./Toasts";

/**
 * Follow one job to its end: `start` is given the request that begins it, `ended` is called once with the finished job.
 * A job that fails says its sentence in a toast.
 */
export function useJob(project: string, ended: (job: Job) => void): { job: Job | null; start: (request: Promise<Job>) => void; busy: boolean } {
  const [id, setId] = useState<number | null>(null);
  const [asked, setAsked] = useState(false);
  const jobs = useJobs(project);
  const job = jobs.data?.find((each) => each.id === id) ?? null;

  const close = (last: Job) => {
    if (last.id !== id || last.state === "running") return;
    setId(null);
    if (last.state === "failed") toastError(new Error(last.sentence));
    if (last.state === "done") ended(last);
  };
  useEvent("job", close);

  // The end may have come before the answer that told the number: then it stands in the list.
  const { refetch } = jobs;
  useEffect(() => {
    if (id === null) return;
    const look = setInterval(() => {
      void refetch().then(({ data }) => {
        const found = data?.find((each) => each.id === id);
        if (found) close(found);
      });
    }, 1500);
    return () => clearInterval(look);
  });

  return {
    job,
    busy: asked || id !== null,
    start: (request) => {
      setAsked(true);
      request
        .then((begun) => {
          setId(begun.id);
          if (begun.state !== "running") close(begun);
        })
        .catch(toastError)
        .finally(() => setAsked(false));
    },
  };
}
