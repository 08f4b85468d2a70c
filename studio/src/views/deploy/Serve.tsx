import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";

import { answer, api, keys, type Run } from "@/api";
import { Card, Checkbox, Code, CopyButton, ErrorNote, Field, IconButton, Note, NumberInput, Push, Segmented, Skeleton, Tabs, TextInput } from "@/components";

import css from "./Deploy.module.css";

type Reach = "here" | "network";

const ADDRESSES: Record<Reach, string> = { here: "127.0.0.1", network: "0.0.0.0" };

/** A word that nobody guesses. */
function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** The model as a server of its own: what to type, and how programs send images to it. */
export function Serve({ project, run, trained }: { project: string; run: Run; trained: readonly Run[] }) {
  const [more, setMore] = useState<readonly number[]>([]);
  const [reach, setReach] = useState<Reach>("here");
  const [port, setPort] = useState<number | null>(8770);
  const [token, setToken] = useState("");
  const [tab, setTab] = useState("curl");
  const runs = [run.id, ...more.filter((id) => id !== run.id && trained.some((each) => each.id === id))];
  const bad = token !== "" && token.length < 16 ? "16 letters or more, so that it cannot be guessed." : /\s/.test(token) ? "Without blanks." : null;
  const wrong = port === null || !Number.isInteger(port) || port < 1 || port > 65535 ? "A whole number from 1 to 65535." : null;
  const chosen = JSON.stringify([trained.map((each) => each.inference), runs, reach, port, token]);
  const plan = useQuery({
    queryKey: [...keys.all(project), "serving", chosen],
    queryFn: () =>
      answer(
        api.POST("/api/projects/{project}/serving", {
          params: { path: { project } },
          body: { runs, host: ADDRESSES[reach], port: port ?? 8770, token: token || null },
        }),
      ),
    enabled: bad === null && wrong === null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const shown = plan.data?.snippets.find((each) => each.id === tab) ?? plan.data?.snippets[0];
  return (
    <Card
      title="Serve it"
      aside={
        <>
          <span className={css.quiet}>Other programs send images over HTTP and get answers. The studio need not run.</span>
        </>
      }
    >
      <div className={css.serve}>
        <div className={css.serveForm}>
          <div className={css.reach}>
            <span aria-hidden>Reached from</span>
            <Segmented
              label="Reached from"
              value={reach}
              onChange={(to) => {
                setReach(to);
                if (to === "network" && token === "") setToken(newToken());
              }}
              choices={[
                { value: "here", label: "This machine" },
                { value: "network", label: "Other machines" },
              ]}
            />
          </div>
          <Field label="Port" error={wrong}>
            {(ids) => <NumberInput id={ids.id} describedBy={ids["aria-describedby"]} invalid={wrong !== null} value={port} min={1} max={65535} step={1} onChange={setPort} />}
          </Field>
          <Field label="Token" help={reach === "here" ? "Empty: every program of this machine may ask." : "Programs must send it: whoever has it may ask."} error={bad}>
            {(ids) => (
              <div className={css.token}>
                <TextInput {...ids} value={token} maxLength={200} onChange={(event) => setToken(event.target.value)} />
                <IconButton icon={KeyRound} label="Make a new token" onClick={() => setToken(newToken())} />
              </div>
            )}
          </Field>
          {trained.length > 1 && (
            <fieldset className={css.models}>
              <legend>Models</legend>
              {trained.map((each) => (
                <Checkbox
                  key={each.id}
                  label={each.name}
                  checked={runs.includes(each.id)}
                  disabled={each.id === run.id}
                  onChange={(on) => setMore(on ? [...more, each.id] : more.filter((id) => id !== each.id))}
                />
              ))}
            </fieldset>
          )}
        </div>
        <div className={css.serveCode} data-stale={plan.isFetching || undefined}>
          <ErrorNote error={plan.error} />
          {!plan.data && !plan.isError && <Skeleton height={220} />}
          {plan.data && shown && (
            <>
              <div className={css.step}>
                <h3>Type this on the machine that serves</h3>
                <Push />
                <CopyButton text={plan.data.command} />
              </div>
              <Code label="The command" fold>
                {plan.data.command}
              </Code>
              {plan.data.notes.map((note) => (
                <Note key={note}>{note}</Note>
              ))}
              <div className={css.step}>
                <h3>Then a program sends an image</h3>
                <Push />
                <CopyButton text={shown.code} />
              </div>
              <Tabs label="Ways to send an image" tabs={plan.data.snippets.map((each) => ({ id: each.id, label: each.title }))} value={shown.id} onChange={setTab}>
                <Code label={shown.title} fold={shown.id === "curl"}>
                  {shown.code}
                </Code>
              </Tabs>
            </>
          )}
        </div>
      </div>
    </Card>
  );
}
