import { useState } from "react";
import { Outlet, useParams } from "react-router";

import { useProject, useProjectEvents } from "@/api";
import { ErrorNote, Note } from "@/components";

import { Bar } from "./Bar";
import css from "./Frame.module.css";
import { Rail } from "./Rail";

/** What stands around each view of a project: the rail with the six steps, the bar, and the line to the server. */
export function Frame() {
  const { id = "" } = useParams();
  const project = useProject(id);
  const [up, setUp] = useState(true);
  useProjectEvents(id, setUp);
  return (
    <div className={css.frame}>
      <Bar project={id} />
      <Rail project={id} />
      <main className={css.main}>{project.isError && !project.data ? <ErrorNote error={project.error} /> : <Outlet />}</main>
      {!up && (
        <div className={css.offline} role="status">
          <Note tone="warn">The studio does not answer; it is asked again and again. What was saved is safe.</Note>
        </div>
      )}
    </div>
  );
}
