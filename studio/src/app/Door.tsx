import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { answer, api, keys, sentenceOf, useSession } from "@/api";
import { Button, ErrorNote, Field, TextInput } from "@/components";

import css from "./Frame.module.css";

/** Lets in who may: on this machine everybody, from another one who has the token. */
export function Door({ children }: { children: ReactNode }) {
  const session = useSession();
  const cache = useQueryClient();
  const [token, setToken] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const closed = session.data !== undefined && session.data.token_needed && !session.data.signed_in;

  const signIn = async () => {
    setBusy(true);
    try {
      await answer(api.POST("/api/session", { body: { token: token.trim() } }));
      await cache.resetQueries({ queryKey: keys.session });
      setError(null);
    } catch (reason) {
      setError(sentenceOf(reason));
    } finally {
      setBusy(false);
    }
  };

  if (session.isError) {
    return (
      <main className={css.door}>
        <h1>Sightmill studio</h1>
        <ErrorNote error={session.error} action={<Button size="small" onClick={() => void session.refetch()}>Try again</Button>} />
      </main>
    );
  }
  if (!session.data) return null;
  if (!closed) return children;
  return (
    <main className={css.door}>
      <h1>Sightmill studio</h1>
      <p>This studio runs on another machine and asks for its token. It was printed when the studio was started.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        <Field label="Token" error={error}>
          {(ids) => <TextInput {...ids} type="password" autoComplete="current-password" value={token} onChange={(event) => setToken(event.target.value)} />}
        </Field>
        <Button type="submit" tone="primary" size="large" busy={busy} disabled={busy || token.trim() === ""}>
          Open the studio
        </Button>
      </form>
    </main>
  );
}
