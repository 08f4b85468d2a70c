import { Brain, ClipboardCheck, Gauge, Images, PanelLeftClose, PanelLeftOpen, PenLine, Rocket, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { NavLink } from "react-router";

import { useProject } from "@/api";
import { IconButton } from "@/components";

import css from "./Frame.module.css";

const STEPS: readonly { id: string; title: string; icon: LucideIcon }[] = [
  { id: "images", title: "Images", icon: Images },
  { id: "label", title: "Label", icon: PenLine },
  { id: "check", title: "Split and check", icon: ClipboardCheck },
  { id: "train", title: "Train", icon: Brain },
  { id: "judge", title: "Judge", icon: Gauge },
  { id: "deploy", title: "Deploy", icon: Rocket },
];

const STATES = { empty: "not begun", todo: "to do", busy: "at work", done: "done", problem: "needs attention" } as const;

/** The six steps, each with how far it is. */
export function Rail({ project }: { project: string }) {
  const steps = useProject(project).data?.steps;
  const [folded, fold] = useState(() => localStorage.getItem("sightmill.rail") === "folded");
  return (
    <nav className={`${css.rail ?? ""} ${folded ? (css.folded ?? "") : ""}`} aria-label="Steps">
      <ol>
        {STEPS.map(({ id, title, icon: Icon }) => {
          const step = steps?.[id];
          const state = step?.state ?? "empty";
          return (
            <li key={id}>
              <NavLink className={css.step} to={`/projects/${project}/${id}`} data-tip={folded ? `${title}: ${step?.words ?? ""}` : undefined}>
                <span className={css.icon}>
                  <Icon size={19} strokeWidth={1.8} aria-hidden />
                  <i className={css.dot} data-state={state} aria-hidden />
                </span>
                <span className={css.title}>{title}</span>
                {step?.words && <span className={css.words}>{step.words}</span>}
                <span className="visually-hidden">{STATES[state]}</span>
                {folded && <span className="visually-hidden">{title}</span>}
              </NavLink>
            </li>
          );
        })}
      </ol>
      <div className={css.fold}>
        <IconButton
          icon={folded ? PanelLeftOpen : PanelLeftClose}
          label={folded ? "Unfold the steps" : "Fold the steps"}
          aria-expanded={!folded}
          onClick={() => {
            localStorage.setItem("sightmill.rail", folded ? "" : "folded");
            fold(!folded);
          }}
        />
      </div>
    </nav>
  );
}
