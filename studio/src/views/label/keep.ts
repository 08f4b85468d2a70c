/** The browser's own store for what could not be sent yet. */

import type { Keep, Waiting } from "./saver";

const STORE = "waiting";

interface Row {
  project: string;
  number: number;
  waiting: Waiting;
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("sightmill", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["project", "number"] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser keeps nothing"));
  });
}

/** Where nothing can be kept (a private window), what waits lives as long as the page. */
export function browserKeep(project: string): Keep {
  let database: Promise<IDBDatabase> | null = null;
  const within = async <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    database ??= opened();
    const transaction = (await database).transaction(STORE, mode);
    const request = ask(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error ?? new Error("the browser keeps nothing"));
    });
  };
  return {
    all: async () => {
      try {
        const rows = (await within("readonly", (store) => store.getAll())) as Row[];
        return rows.filter((row) => row.project === project).map((row) => row.waiting);
      } catch {
        return [];
      }
    },
    put: async (waiting) => {
      await within("readwrite", (store) => store.put({ project, number: waiting.number, waiting } satisfies Row));
    },
    drop: async (number) => {
      await within("readwrite", (store) => store.delete([project, number]));
    },
  };
}
