import { createBrowserRouter, Navigate, useParams, useRouteError, type RouteObject } from "react-router";

import { Refusal, sentenceOf } from "@/api";
import { ButtonLink, Note } from "@/components";

import { Frame } from "./Frame";
import css from "./Frame.module.css";

/** A view of a project, fetched when it is first opened. */
function view(path: string, load: () => Promise<(props: { project: string }) => React.ReactNode>): RouteObject {
  return {
    path,
    lazy: async () => {
      const View = await load();
      const Mounted = () => {
        const { id = "" } = useParams();
        return <View key={id} project={id} />;
      };
      return { Component: Mounted };
    },
  };
}

function Broken() {
  const reason = useRouteError();
  const stale = reason instanceof TypeError && /dynamically imported|module script/i.test(reason.message);
  return (
    <main className={css.door}>
      <h1>{stale ? "The studio was updated" : reason instanceof Refusal ? "This cannot be shown" : "Something went wrong in this page"}</h1>
      <Note tone="bad">{stale ? "Load the page again to go on." : sentenceOf(reason)}</Note>
      <p>Nothing that was saved is lost.</p>
      <ButtonLink to={stale ? window.location.pathname : "/"} reloadDocument tone="primary">
        {stale ? "Load again" : "To the projects"}
      </ButtonLink>
    </main>
  );
}

export const router = createBrowserRouter([
  {
    errorElement: <Broken />,
    // Nothing is drawn twice while a view comes over the wire.
    HydrateFallback: () => null,
    children: [
      { path: "/", lazy: async () => ({ Component: (await import("@/views/projects/ProjectsView")).ProjectsView }) },
      { path: "/new", lazy: async () => ({ Component: (await import("@/views/projects/NewProjectView")).NewProjectView }) },
      {
        path: "/projects/:id",
        element: <Frame />,
        children: [
          { index: true, element: <Navigate to="images" replace /> },
          view("images", async () => (await import("@/views/images/ImagesView")).ImagesView),
          view("label", async () => (await import("@/views/label/LabelView")).LabelView),
          view("check", async () => (await import("@/views/check/CheckView")).CheckView),
          view("train", async () => (await import("@/views/train/TrainView")).TrainView),
          view("judge", async () => (await import("@/views/judge/JudgeView")).JudgeView),
          view("deploy", async () => (await import("@/views/deploy/DeployView")).DeployView),
        ],
      },
      { path: "*", element: <Navigate to="/" replace /> },
    ],
  },
]);
