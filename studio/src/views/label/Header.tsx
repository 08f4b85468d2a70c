import { Check, ChevronLeft, ChevronRight, CircleDashed, ClipboardCopy, CloudOff, LoaderCircle, PanelRight, SkipForward, ThumbsDown, ThumbsUp } from "lucide-react";

import type { Image } from "@/api";
import { Badge, Button, count, IconButton, splitWords } from "@/components";

import type { Action } from "./keys";
import css from "./Label.module.css";
import type { Session } from "./session";
import { type Course, useLabel } from "./useLabelling";

/** Which image this is, the way to the others, and whether everything is saved. */
export function Header({ session, course, image, reviews, onReviews, onJudge, panel, onPanel, act }: {
  project: string;
  session: Session;
  course: Course;
  image: Image | undefined;
  reviews: boolean;
  onReviews: (on: boolean) => void;
  onJudge: (review: "accepted" | "rejected") => void;
  panel: boolean;
  onPanel: (open: boolean) => void;
  act: (action: Action) => void;
}) {
  return (
    <div className={css.header}>
      <IconButton icon={ChevronLeft} label="Previous image" shortcut="A" disabled={course.index <= 0} onClick={() => act("previous")} />
      <IconButton icon={ChevronRight} label="Next image" shortcut="D" disabled={course.index < 0 || course.index >= course.ids.length - 1} onClick={() => act("next")} />
      <div className={css.title}>
        <strong title={image?.name}>{image?.name.split("/").at(-1) ?? " "}</strong>
        <span>
          {course.index < 0 ? "" : `${count(course.index + 1)} of ${count(course.ids.length)}`}
          {image === undefined ? "" : ` · ${String(image.width)} × ${String(image.height)}`}
        </span>
      </div>
      {image !== undefined && image.split !== null && <Badge>{splitWords[image.split]}</Badge>}
      <span className={css.gap} />
      <Saving session={session} />
      {reviews ? (
        <div className={css.review} role="group" aria-label="Review">
          <Badge tone={image?.review === "accepted" ? "good" : image?.review === "rejected" ? "bad" : "plain"}>{{ open: "to review", accepted: "accepted", rejected: "rejected" }[image?.review ?? "open"]}</Badge>
          <IconButton icon={ThumbsUp} label="Accept the labels of this image" shortcut="Y" onClick={() => onJudge("accepted")} />
          <IconButton icon={ThumbsDown} label="Reject the labels of this image" shortcut="U" onClick={() => onJudge("rejected")} />
          <Button size="small" aria-pressed onClick={() => onReviews(false)}>
            Review
          </Button>
        </div>
      ) : (
        <Button size="small" tone="quiet" data-tip="Go through the labels and accept or reject them" data-key="Shift+R" onClick={() => onReviews(true)}>
          Review
        </Button>
      )}
      <IconButton icon={ClipboardCopy} label="Copy from the previous image" shortcut="C" disabled={course.index <= 0} onClick={() => act("copyPrevious")} />
      {reviews ? (
        <IconButton icon={SkipForward} label="Next unlabelled image" shortcut="W" onClick={() => act("unlabelled")} />
      ) : (
        <Button size="small" icon={SkipForward} data-tip="Go to the next unlabelled image" data-key="W" onClick={() => act("unlabelled")}>
          Next unlabelled
        </Button>
      )}
      <IconButton icon={PanelRight} label={panel ? "Fold the panel away" : "Show the panel"} shortcut="\" aria-pressed={panel} onClick={() => onPanel(!panel)} />
    </div>
  );
}

/** Whether everything is on the server; what is not is kept in the browser and sent again. */
function Saving({ session }: { session: Session }) {
  const waiting = useLabel(session, (state) => state.waiting);
  const trouble = useLabel(session, (state) => state.trouble);
  const known = useLabel(session, (state) => state.document?.labelled ?? false);
  if (trouble !== null && waiting > 0) {
    return (
      <div className={css.unsaved} role="alert">
        <CloudOff size={15} aria-hidden />
        <span title={trouble}>{waiting === 1 ? "1 change waits" : `${String(waiting)} changes wait`} in this browser</span>
        <Button size="small" onClick={() => session.saver.retry()}>
          Try now
        </Button>
      </div>
    );
  }
  const Sign = waiting > 0 ? LoaderCircle : known ? Check : CircleDashed;
  return (
    <div className={css.saved} role="status" data-state={waiting > 0 ? "saving" : "saved"}>
      <Sign size={14} aria-hidden />
      {waiting > 0 ? "Saving" : known ? "Saved" : "Unlabelled"}
    </div>
  );
}
