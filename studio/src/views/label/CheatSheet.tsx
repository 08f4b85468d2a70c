import { Dialog, Key, Square } from "@/components";
import type { LabelClass } from "@/document/classes";

import { BINDINGS, GROUPS, MORE } from "./keys";
import css from "./Label.module.css";

/** All keys of the label view. */
export function CheatSheet({ classes, onClose }: { classes: readonly LabelClass[]; onClose: () => void }) {
  const own = classes.filter((item) => item.hotkey !== null);
  return (
    <Dialog title="Keys of the label view" onClose={onClose} wide>
      {/* It is longer than a small screen: with the focus on it the arrow keys scroll. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={css.sheet} role="region" aria-label="All keys" tabIndex={0}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {BINDINGS.filter((each) => each.group === group).map((each) => (
                <Row key={each.action} keys={each.combos} words={each.words} />
              ))}
              {MORE.filter((each) => each.group === group).map((each) => (
                <Row key={each.keys} keys={[each.keys]} words={each.words} />
              ))}
            </dl>
          </section>
        ))}
        {own.length > 0 && (
          <section>
            <h3>Classes</h3>
            <dl>
              {own.map((item) => (
                <div key={item.name}>
                  <dt>
                    <Key>{item.hotkey}</Key>
                  </dt>
                  <dd>
                    <Square colour={item.colour} /> {item.name}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        )}
      </div>
    </Dialog>
  );
}

function Row({ keys, words }: { keys: readonly string[]; words: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <Key key={key}>{key}</Key>
        ))}
      </dt>
      <dd>{words}</dd>
    </div>
  );
}
