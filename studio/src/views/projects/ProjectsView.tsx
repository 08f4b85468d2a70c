import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, FolderOpen, ImageOff, Plus } from "lucide-react";
import { Link } from "react-router";

import { answer, api, keys, useMethods, useProjects, useSession, type ProjectSummary } from "@/api";
import { Badge, ButtonLink, Empty, ErrorNote, IconButton, many, Menu, moment, Skeleton, toast } from "@/components";

import css from "./Projects.module.css";

/** All projects of this studio, and the way to a new one. */
export function ProjectsView() {
  const projects = useProjects();
  const session = useSession().data;
  return (
    <div className={css.page}>
      <div className={css.inner}>
        <header className={css.brand}>
          <img src="/icon.svg" width={22} height={22} alt="" />
          <span>Sightmill studio</span>
          <span>{session && `version ${session.version}`}</span>
        </header>
        <main>
          <div className={css.head}>
            <h1>Projects</h1>
            <ButtonLink to="/new" tone="primary" size="large" icon={Plus}>
              New project
            </ButtonLink>
          </div>
          <ErrorNote error={projects.error} />
          {projects.isPending && (
            <div className={css.grid} aria-busy>
              {[0, 1, 2].map((each) => (
                <Skeleton key={each} height={214} style={{ borderRadius: 12 }} />
              ))}
            </div>
          )}
          {projects.data?.length === 0 && (
            <Empty
              icon={FolderOpen}
              title="No projects yet"
              actions={
                <ButtonLink to="/new" tone="primary" icon={Plus}>
                  New project
                </ButtonLink>
              }
            >
              A project holds the images, the labels and the trained models of one inspection task. Projects are kept in {session?.projects_folder}.
            </Empty>
          )}
          <ul className={css.grid}>
            {projects.data?.map((each) => (
              <Card key={each.id} project={each} />
            ))}
          </ul>
        </main>
      </div>
    </div>
  );
}

function Card({ project }: { project: ProjectSummary }) {
  const cache = useQueryClient();
  const method = useMethods().data?.find((each) => each.id === project.method);
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE("/api/projects/{project}", { params: { path: { project: project.id } } })),
    onSuccess: () => {
      toast(`“${project.name}” was put aside, into the folder .removed beside the projects. Nothing was deleted.`);
      void cache.invalidateQueries({ queryKey: keys.projects });
    },
  });
  return (
    <li className={css.card}>
      <div className={css.mosaic} data-count={Math.min(project.pictures.length, 4)}>
        {project.pictures.length > 0 ? project.pictures.slice(0, project.pictures.length < 4 ? 1 : 4).map((each) => <img key={each} src={each} alt="" loading="lazy" />) : <ImageOff size={26} strokeWidth={1.4} aria-hidden />}
      </div>
      <div className={css.cardBody}>
        <h2>{project.problem ? project.name : <Link to={`/projects/${project.id}`}>{project.name}</Link>}</h2>
        <p>
          {project.problem ? (
            <Badge tone="bad">cannot be opened</Badge>
          ) : (
            <>
              {method?.title ?? project.method} · {many(project.images, "image")}
              <br />
              {moment(project.changed)}
            </>
          )}
        </p>
        {project.problem && <p>{project.problem}</p>}
        <div className={css.cardMenu}>
          <Menu align="end" entries={[{ title: project.folder }, { label: "Put aside", dangerous: true, onSelect: () => remove.mutate() }]}>
            {(props) => <IconButton icon={Ellipsis} label={`More for ${project.name}`} size="small" {...props} />}
          </Menu>
        </div>
      </div>
    </li>
  );
}
