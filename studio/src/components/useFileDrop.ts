import { useState, type DragEvent } from "react";

interface FileDrop {
  /** Files are held over the element. */
  over: boolean;
  /** For the element that takes them. */
  target: {
    onDragOver: (event: DragEvent<HTMLElement>) => void;
    onDragLeave: (event: DragEvent<HTMLElement>) => void;
    onDrop: (event: DragEvent<HTMLElement>) => void;
  };
}

/** Lets files be dropped onto an element. */
export function useFileDrop(take: (dropped: DataTransfer) => void): FileDrop {
  const [over, setOver] = useState(false);
  return {
    over,
    target: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      },
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer);
      },
    },
  };
}
