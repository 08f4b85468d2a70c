import { useQuery } from "@tanstack/react-query";
import { CornerLeftUp, File, Folder } from "lucide-react";

import { answer, api } from "@/api";

import css from "./FolderPicker.module.css";
import { ErrorNote, Skeleton } from "./Pieces";
import { count } from "./words";

interface PickerProps {
  /** The folder that is open; null lists the folders that may be read. */
  path: string | null;
  onPath: (path: string | null) => void;
  /** Where files can be chosen too: annotation files. */
  onFile?: (path: string) => void;
}

/** Looks into the folders of the server that the studio may read. */
export function FolderPicker({ path, onPath, onFile }: PickerProps) {
  const folder = useQuery({
    queryKey: ["files", path],
    queryFn: () => answer(api.GET("/api/files", { params: { query: path === null ? {} : { path } } })),
    staleTime: 5_000,
  });
  const data = folder.data;
  const up = data?.path !== null && data !== undefined;
  return (
    <div className={css.picker}>
      <p className={css.path}>
        <code>{path ?? "Folders that may be read"}</code>
        {data && data.images > 0 && <span>{count(data.images)} images here</span>}
      </p>
      <ErrorNote error={folder.error} />
      <div className={css.listing} aria-busy={folder.isPending}>
        {folder.isPending && <Skeleton height={120} />}
        {up && (
          <button type="button" onClick={() => onPath(data.parent)}>
            <CornerLeftUp size={15} aria-hidden /> up
          </button>
        )}
        {data?.folders.map((each) => (
          <button key={each.path} type="button" onClick={() => onPath(each.path)}>
            <Folder size={15} aria-hidden /> {data.path === null ? each.path : each.name}
          </button>
        ))}
        {onFile &&
          data?.files.map((each) => (
            <button key={each.path} type="button" onClick={() => onFile(each.path)}>
              <File size={15} aria-hidden /> {each.name}
            </button>
          ))}
        {data?.folders.length === 0 && <p>No folders in here.</p>}
      </div>
      {data && data.samples.length > 0 && (
        <div className={css.samples}>
          {data.samples.slice(0, 6).map((each) => (
            <img key={each} src={each.startsWith("/api") ? each : `/api/files/picture?path=${encodeURIComponent(each)}`} alt="" loading="lazy" />
          ))}
        </div>
      )}
    </div>
  );
}
