import { ImagePlus } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";

import { answer, api, imageQuery, keys, useUndo, WINDOW } from "@/api";
import { ButtonLink, Empty, ErrorNote, Skeleton, toast, toastError } from "@/components";
import { toolsFor, TOOLS } from "@/tools/toolbox";
import type { ToolId } from "@/tools/gesture";
import { useQueryClient } from "@tanstack/react-query";

import type { Board } from "./board";
import { CheatSheet } from "./CheatSheet";
import { Filmstrip } from "./Filmstrip";
import { Header } from "./Header";
import type { Action } from "./keys";
import css from "./Label.module.css";
import { SidePanel } from "./SidePanel";
import { StageArea } from "./StageArea";
import { ToolOptions } from "./ToolOptions";
import { ToolStrip } from "./ToolStrip";
import { Turns } from "./turns";
import { useKeyboard } from "./useKeyboard";
import { useCourse, useFollowUndo, useLabel, useLabelling, useSuggestion } from "./useLabelling";

/** Draw and label, image after image. */
export function LabelView({ project }: { project: string }) {
  const cache = useQueryClient();
  const course = useCourse(project);
  const labelling = useLabelling(project, course.id);
  const { session, method, classes, image } = labelling;
  const board = useRef<Board | null>(null);
  const held = useCallback((made: Board | null) => {
    board.current = made;
  }, []);
  const reading = useRef<HTMLInputElement | null>(null);
  const [sheet, showSheet] = useState(false);
  const [panel, showPanel] = useState(true);
  const [allTools, showAllTools] = useState(false);
  const [suggests, suggest] = useState(true);
  const [reviews, review] = useState(false);
  const [goesOn, goOn] = useState(true);
  const [feature, setFeature] = useState(0);
  const run = labelling.project?.active_run ?? null;
  const suggestion = useSuggestion(project, session, run, course.id, suggests);
  const undo = useUndo(project);
  const follow = useFollowUndo(course);
  const labelled = useLabel(session, (state) => state.document?.labelled ?? false);

  const fitting = method === undefined ? [] : toolsFor(method.tools, method.learns_from);
  const tools = allTools ? TOOLS : fitting;

  const labelWhole = (name: string): void => {
    const several = method?.learns_from === "multi_label";
    session.labelWhole(name, several);
    if (labelling.wholeOnly && goesOn && !several) course.step(1);
  };
  const giveClass = (name: string): void => {
    const selected = session.state.document?.selection.length ?? 0;
    const good = classes.find((item) => item.name === name)?.good === true;
    if (!labelling.whole || selected > 0) session.give(name);
    else {
      if (!labelling.wholeOnly && !(good && method?.learns_from === "anomaly")) session.options({ label: name });
      labelWhole(name);
    }
  };
  const judge = (review: "accepted" | "rejected"): void => {
    const id = course.wanted();
    if (id === null) return;
    const body = { selection: { ids: [id] }, review, window: WINDOW };
    const send = async (): Promise<void> => {
      // What was drawn comes first: it is what is judged.
      await session.saver.settled();
      const done = await answer(api.POST("/api/projects/{project}/images/review", { params: { path: { project } }, body }));
      if (done.image_revision !== null) session.saver.knows(id, done.image_revision);
      await Promise.all([keys.rows(project), keys.image(project, id)].map((queryKey) => cache.invalidateQueries({ queryKey })));
    };
    void send().catch(toastError);
    course.step(1);
  };
  const copyPrevious = (): void => {
    const before = course.before();
    const here = course.wanted();
    if (before === null) {
      toast("There is no image before this one.");
      return;
    }
    void cache
      .fetchQuery(imageQuery(project, before))
      .then((other) => {
        if (session.state.image?.id === here) session.copyFrom(other);
      })
      .catch(toastError);
  };
  const replay = async (way: "undo" | "redo"): Promise<void> => {
    if (way === "undo" && session.saver.trouble !== null && session.takeBack()) return;
    await session.saver.settled();
    await follow(() => undo.mutateAsync(way).then((done) => toast(`${way === "undo" ? "Undone" : "Done again"}: ${done.title}`)));
  };

  const act = (action: Action): void => {
    const at = board.current;
    const { look, options, document } = session.state;
    if (action.startsWith("tool.")) {
      const id = action.slice(5) as ToolId;
      if (!fitting.some((tool) => tool.id === id)) showAllTools(true);
      session.tool(id);
      return;
    }
    switch (action) {
      case "next":
        return course.step(1);
      case "previous":
        return course.step(-1);
      case "unlabelled":
        return course.nextUnlabelled();
      case "nothing":
        if (labelling.whole) {
          const good = classes.find((item) => item.good);
          if (good === undefined) toast("There is no class that means good yet: add one, for example “good”.");
          else giveClass(good.name);
        } else session.run([{ type: "nothing" }]);
        return;
      case "clear":
        return session.run([{ type: "forget" }]);
      case "copyPrevious":
        return copyPrevious();
      case "smaller":
        return at?.sizeBrush(-1);
      case "larger":
        return at?.sizeBrush(1);
      case "snap":
        session.options({ snap: !options.snap });
        return toast(options.snap ? "Snapping is off." : "Snapping is on.");
      case "nextObject":
        return at?.next(1);
      case "previousObject":
        return at?.next(-1);
      case "selectAll":
        return session.select(document?.annotations.filter((item) => item.region.kind !== "whole").map((item) => item.id) ?? []);
      case "delete":
        return session.remove();
      case "copy": {
        const count = session.copy();
        if (count > 0) toast(`${String(count)} copied.`);
        return;
      }
      case "paste":
        return session.paste();
      case "turnLeft":
        return at?.turn(-1);
      case "turnRight":
        return at?.turn(1);
      case "read":
        return reading.current?.focus();
      case "accept": {
        const first = session.state.chosen ?? session.open[0]?.id;
        if (first !== undefined) session.accept([first]);
        else if (reviews) judge("accepted");
        return;
      }
      case "acceptAll":
        return session.accept(session.open.map((item) => item.id));
      case "reject": {
        const first = session.state.chosen ?? session.open[0]?.id;
        if (first !== undefined) session.reject(first);
        else if (reviews) judge("rejected");
        return;
      }
      case "review":
        return review(!reviews);
      case "zoomIn":
        return at?.stage.zoom(1);
      case "zoomOut":
        return at?.stage.zoom(-1);
      case "fit":
        return at?.stage.fit();
      case "whole":
        return at?.stage.scaleTo(1);
      case "zoomSelection":
        return at?.zoomToSelection();
      case "hide":
        return session.look({ hidden: !look.hidden });
      case "tags":
        return session.look({ tags: !look.tags });
      case "feature":
        if (method?.training.some((each) => each.name === "feature_size") !== true) return toast("What this project trains has no feature size.");
        return session.look({ featureSize: look.featureSize > 0 ? 0 : feature });
      case "panel":
        return showPanel(!panel);
      case "help":
        return showSheet(true);
      case "undo":
        return void replay("undo").catch(toastError);
      case "redo":
        return void replay("redo").catch(toastError);
    }
  };

  const { wanted } = course;
  const [turns] = useState(() => new Turns(() => session.state.known && session.state.image?.id === wanted()));
  useEffect(() => session.store.watch(() => queueMicrotask(() => turns.goOn())), [session, turns]);
  const { failure } = labelling;
  const hopeless = failure !== null && image === undefined;
  useEffect(() => turns.giveUp(hopeless), [hopeless, turns]);
  useKeyboard({ board, session, classes, turns, act, giveClass });

  if (course.ready && course.ids.length === 0 && course.filter === "all" && course.id === null) {
    return (
      <Empty icon={ImagePlus} title="No images to label yet" actions={<ButtonLink tone="primary" to={`/projects/${project}/images`}>Add images</ButtonLink>}>
        Bring images in first: drop them into the gallery, use a folder on the server, or capture from a camera.
      </Empty>
    );
  }
  return (
    <section className={css.view} aria-label="Label" data-panel={panel ? "open" : "folded"}>
      <h1 className="visually-hidden">Label</h1>
      <ToolStrip session={session} tools={tools} all={allTools} onAll={showAllTools} onHelp={() => showSheet(true)} />
      <div className={css.middle}>
        <Header project={project} session={session} course={course} image={image} reviews={reviews} onReviews={review} onJudge={judge} panel={panel} onPanel={showPanel} act={act} />
        <ToolOptions session={session} tools={tools} method={method} wholeOnly={labelling.wholeOnly} />
        {labelling.failure !== null && image === undefined ? (
          <ErrorNote error={labelling.failure} />
        ) : (
          <StageArea session={session} onBoard={held} labelled={labelled} problem={image?.problem ?? null} act={act} />
        )}
        <Filmstrip project={project} course={course} classes={classes} />
      </div>
      {panel &&
        (labelling.project === undefined || method === undefined ? (
          <aside className={css.panel} aria-label="Labels">
            <Skeleton height={180} style={{ margin: 16 }} />
          </aside>
        ) : (
          <SidePanel
            project={project}
            labelling={labelling}
            board={board}
            reading={reading}
            suggestion={suggestion}
            suggests={suggests}
            onSuggests={suggest}
            goesOn={goesOn}
            onGoesOn={goOn}
            onClass={(name) => turns.take(() => giveClass(name), true)}
            feature={feature}
            onFeature={setFeature}
            act={act}
          />
        ))}
      {sheet && <CheatSheet classes={classes} onClose={() => showSheet(false)} />}
    </section>
  );
}
