import { useRef, useState } from "react";

import { useImage, type BoxRegion, type JudgedImage } from "@/api";
import { Button, Dialog, NumberInput, Skeleton } from "@/components";

import css from "./Judge.module.css";

/** A rectangle drawn on one image, in which all images are judged. */
export function RegionDialog({ project, images, onChoose, onClose }: { project: string; images: readonly JudgedImage[]; onChoose: (roi: BoxRegion) => void; onClose: () => void }) {
  const image = useImage(project, images[0]?.id ?? null).data;
  const [box, setBox] = useState<BoxRegion | null>(null);
  const start = useRef<[number, number] | null>(null);
  const at = (event: React.PointerEvent<HTMLElement>): [number, number] => {
    const place = event.currentTarget.getBoundingClientRect();
    const within = (part: number, size: number) => Math.round(Math.min(1, Math.max(0, part)) * size);
    return [within((event.clientX - place.left) / place.width, image?.width ?? 1), within((event.clientY - place.top) / place.height, image?.height ?? 1)];
  };
  const shown = box ?? { kind: "box" as const, x1: 0, y1: 0, x2: image?.width ?? 0, y2: image?.height ?? 0 };
  const sides = ["x1", "y1", "x2", "y2"] as const;
  const part = (value: number, whole: number | undefined) => `${String((100 * value) / (whole ?? 1))}%`;
  return (
    <Dialog
      title="Judge only a region"
      wide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" disabled={box === null || box.x2 - box.x1 < 2 || box.y2 - box.y1 < 2} onClick={() => box && onChoose(box)}>
            Judge this region
          </Button>
        </>
      }
    >
      <p className={css.hint}>Draw a rectangle. All images are looked at only inside it; nothing is changed in the project.</p>
      {image ? (
        <div
          className={css.drawn}
          style={{ aspectRatio: `${String(image.width)} / ${String(image.height)}` }}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            start.current = at(event);
          }}
          onPointerMove={(event) => {
            if (!start.current) return;
            const [x0, y0] = start.current;
            const [x, y] = at(event);
            setBox({ kind: "box", x1: Math.min(x0, x), y1: Math.min(y0, y), x2: Math.max(x0, x), y2: Math.max(y0, y) });
          }}
          onPointerUp={() => (start.current = null)}
        >
          <img src={`${image.picture}&side=1024`} alt={image.name} draggable={false} />
          <div style={{ left: part(shown.x1, image.width), top: part(shown.y1, image.height), width: part(shown.x2 - shown.x1, image.width), height: part(shown.y2 - shown.y1, image.height) }} />
        </div>
      ) : (
        <Skeleton height={300} />
      )}
      <div className={css.sides}>
        {sides.map((side) => (
          <label key={side}>
            {{ x1: "Left", y1: "Top", x2: "Right", y2: "Bottom" }[side]}
            <NumberInput value={shown[side]} min={0} step={1} onChange={(value) => value !== null && setBox({ ...shown, [side]: value })} /> px
          </label>
        ))}
      </div>
    </Dialog>
  );
}
