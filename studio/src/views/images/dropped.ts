/** Files that were dropped or chosen, with the folders they lie in: a folder's name may be a label. */

export interface Incoming {
  file: File;
  /** With its folders, as `dent/001.png`. */
  name: string;
}

const byName = (a: Incoming, b: Incoming): number => a.name.localeCompare(b.name, undefined, { numeric: true });

/** What was dropped, folders and all. Must be called while the drop is handled: the browser forgets it afterwards. */
export async function dropped(data: DataTransfer): Promise<Incoming[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return chosen(data.files);
  const found: Incoming[] = [];
  for (const entry of entries) await walk(entry, found);
  return found.sort(byName);
}

export function chosen(files: FileList | readonly File[]): Incoming[] {
  return [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name })).sort(byName);
}

async function walk(entry: FileSystemEntry, found: Incoming[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader answers at most 100 entries at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await walk(each, found);
  }
}

export const imagesAmong = (all: readonly Incoming[], suffixes: readonly string[]): Incoming[] =>
  all.filter(({ name }) => suffixes.some((suffix) => name.toLowerCase().endsWith(suffix)));

/** The folders that files lie in directly, the most frequent first. */
export function foldersOf(all: readonly Incoming[]): string[] {
  const counted = new Map<string, number>();
  for (const { name } of all) {
    const folder = name.split("/").at(-2);
    if (folder !== undefined) counted.set(folder, (counted.get(folder) ?? 0) + 1);
  }
  return [...counted].sort((a, b) => b[1] - a[1]).map(([folder]) => folder);
}

/** So many at a time that a request stays small and the progress moves. */
export function batches(all: readonly Incoming[], most = 40, bytes = 48 << 20): Incoming[][] {
  const made: Incoming[][] = [];
  let size = Infinity;
  for (const each of all) {
    const last = made.at(-1);
    if (last === undefined || last.length >= most || size + each.file.size > bytes) {
      made.push([each]);
      size = each.file.size;
    } else {
      last.push(each);
      size += each.file.size;
    }
  }
  return made;
}
