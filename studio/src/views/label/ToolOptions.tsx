import type { MethodFacts } from "@/api";
import { Checkbox, Segmented, Slider } from "@/components";
import type { Tool } from "@/tools/gesture";

import css from "./Label.module.css";
import type { Session } from "./session";
import { useLabel } from "./useLabelling";

const PAINTS = new Set(["brush", "eraser", "area", "fill"]);

/** The settings of the tool in hand, and one sentence on how it is used. The row is always there: nothing jumps. */
export function ToolOptions({ session, tools, method, wholeOnly }: { session: Session; tools: readonly Tool[]; method: MethodFacts | undefined; wholeOnly: boolean }) {
  const id = useLabel(session, (state) => state.tool);
  const options = useLabel(session, (state) => state.options);
  const tool = tools.find((each) => each.id === id);
  const sized = id === "brush" || id === "eraser";
  const paints = PAINTS.has(id);
  // Where only the image as a whole is labelled, there is nothing to select.
  const plain = wholeOnly && id === "select";
  const geometric = !paints && id !== "pan" && !plain;
  const help = plain ? "Press the number of a class, or click it: the image is labelled, and the next one is shown." : tool?.help;
  return (
    <div className={css.options} role="group" aria-label={`Settings of the tool ${tool?.title ?? ""}`}>
      <strong>{plain ? "Label" : tool?.title}</strong>
      {sized && (
        <>
          <div className={css.size}>
            <Slider label="Size of the brush, pixels" value={options.brush} min={1} max={Math.max(200, options.brush)} step={1} onChange={(brush) => session.options({ brush: Math.round(brush) })} show={(value) => `${String(value)} px`} />
          </div>
          <Segmented
            label="Shape of the brush"
            value={options.round ? "round" : "square"}
            choices={[
              { value: "round", label: "Round" },
              { value: "square", label: "Square" },
            ]}
            onChange={(shape) => session.options({ round: shape === "round" })}
          />
        </>
      )}
      {id === "brush" && <Checkbox label="Fill what it encloses" checked={options.fill} onChange={(fill) => session.options({ fill })} />}
      {(id === "brush" || id === "area") && method?.learns_from === "mask" && (
        <Checkbox label="Keep classes apart" checked={options.apart} onChange={(apart) => session.options({ apart })} />
      )}
      {geometric && <Checkbox label="Snap" checked={options.snap} onChange={(snap) => session.options({ snap })} />}
      {geometric && <Checkbox label="Whole pixels" checked={options.pixels} onChange={(pixels) => session.options({ pixels })} />}
      {id === "roi" && <Checkbox label="Free outline" checked={options.roiOutline} onChange={(roiOutline) => session.options({ roiOutline })} />}
      <p title={help}>{help}</p>
    </div>
  );
}
