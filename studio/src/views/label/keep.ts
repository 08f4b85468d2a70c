/** The browser's own store for what could not be sent yet. */

import type { Keep, Waiting } from "./saver";

const STORE = "waiting";

interface Row {
  project: string;
  /** The window that has it to send. */
  window: string;
  number: number;
  waiting: Waiting;
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("sightmill", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["project", "window", "number"] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser keeps nothing"));
  });
}

const lockOf = (window: string): string => `sightmill-window-${window}`;

/** A page's name is held as long as the page lives. Over a plain connection to another machine browsers have no locks. */
const locks = (): LockManager | undefined => navigator.locks as LockManager | undefined;

async function openWindows(): Promise<ReadonlySet<string>> {
  const { held = [] } = (await locks()?.query()) ?? {};
  return new Set(held.map((lock) => lock.name ?? ""));
}

/**
 * What this window has to send, and what windows have left that were closed. Where nothing can be kept (a private window), what
 * waits lives as long as the page.
 */
export function browserKeep(project: string, window: string): Keep {
  let database: Promise<IDBDatabase> | null = null;
  void locks()
    ?.request(lockOf(window), () => new Promise(() => undefined))
    .catch(() => undefined);
  const within = async <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    database ??= opened();
    const transaction = (await database).transaction(STORE, mode);
    const request = ask(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error ?? new Error("the browser keeps nothing"));
    });
  };
  const put = async (waiting: Waiting): Promise<void> => {
    await within("readwrite", (store) => store.put({ project, window, number: waiting.number, waiting } satisfies Row));
  };
  const drop = async (number: number, of = window): Promise<void> => {
    await within("readwrite", (store) => store.delete([project, of, number]));
  };
  return {
    all: async () => {
      try {
        const rows = (await within("readonly", (store) => store.getAll())) as Row[];
        const open = await openWindows();
        const left = rows.filter((row) => row.project === project && row.window !== window && !open.has(lockOf(row.window)));
        for (const row of left) {
          await put(row.waiting);
          await drop(row.number, row.window);
        }
        return [...rows.filter((row) => row.project === project && row.window === window), ...left].map((row) => row.waiting);
      } catch {
        return [];
      }
    },
    put,
    drop: (number) => drop(number),
  };
}
