import { useEffect, useRef } from "react";

import type { Labelled } from "@/api";

interface OverlayProps {
  annotations: readonly Labelled[];
  /** Size of the image in its own pixels. */
  width: number;
  height: number;
  colour: (label: string) => string;
  /** Truth is drawn as a line, prediction as a dashed line. */
  dashed?: boolean;
  opacity?: number;
}

/** Regions over a picture, painted on one canvas that fills its positioned parent; it is only looked at. */
export function RegionOverlay({ annotations, width, height, colour, dashed = false, opacity = 1 }: OverlayProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  // Sharp on any screen, and small for images of 50 megapixels.
  const scale = Math.min(1, 1600 / Math.max(width, height, 1)) * (Math.max(width, height) < 800 ? 2 : 1);

  useEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const line = Math.max(1.5, Math.max(width, height) / 320);
    context.lineWidth = line;
    context.lineJoin = "round";
    context.setLineDash(dashed ? [line * 4, line * 3] : []);
    for (const each of annotations) paint(context, each, colour(each.label ?? ""), line);
  }, [annotations, width, height, colour, dashed, scale]);

  return <canvas ref={ref} width={Math.round(width * scale)} height={Math.round(height * scale)} aria-hidden style={{ position: "absolute", inset: 0, width: "100%", height: "100%", opacity, pointerEvents: "none" }} />;
}

function paint(context: CanvasRenderingContext2D, { region, label, score, text }: Labelled, colour: string, line: number): void {
  context.strokeStyle = colour;
  context.fillStyle = colour;
  let at: [number, number] | null = null;
  switch (region.kind) {
    case "whole":
      return;
    case "box":
      context.strokeRect(region.x1, region.y1, region.x2 - region.x1, region.y2 - region.y1);
      at = [region.x1, region.y1];
      break;
    case "rotated_box": {
      context.save();
      context.translate(region.cx, region.cy);
      context.rotate((region.angle * Math.PI) / 180);
      context.strokeRect(-region.width / 2, -region.height / 2, region.width, region.height);
      context.restore();
      at = [region.cx - region.width / 2, region.cy - region.height / 2];
      break;
    }
    case "polygon": {
      const path = new Path2D();
      for (const part of region.parts) {
        part.forEach(([x = 0, y = 0], index) => (index === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
        path.closePath();
      }
      context.globalAlpha = 0.22;
      context.fill(path);
      context.globalAlpha = 1;
      context.stroke(path);
      const first = region.parts[0]?.[0];
      if (first) at = [first[0] ?? 0, first[1] ?? 0];
      break;
    }
    case "polyline": {
      context.beginPath();
      for (const part of region.parts) part.forEach(([x = 0, y = 0], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
      context.stroke();
      const first = region.parts[0]?.[0];
      if (first) at = [first[0] ?? 0, first[1] ?? 0];
      break;
    }
    case "point":
      context.beginPath();
      context.arc(region.x, region.y, line * 3, 0, 7);
      context.stroke();
      at = [region.x + line * 3, region.y];
      break;
    case "mask": {
      const picture = maskPicture(region, colour);
      if (picture) {
        context.globalAlpha = 0.5;
        context.imageSmoothingEnabled = false;
        context.drawImage(picture, region.x, region.y, region.width, region.height);
        context.globalAlpha = 1;
      }
      break;
    }
  }
  const words = [label, text, score === null || score === undefined ? "" : score.toFixed(2)].filter(Boolean).join(" ");
  if (at && words) {
    const size = line * 7;
    context.font = `600 ${String(size)}px sans-serif`;
    const [x, y] = [Math.max(0, at[0]), Math.max(size * 1.3, at[1])];
    const wide = context.measureText(words).width;
    context.fillRect(x, y - size * 1.3, wide + size * 0.6, size * 1.3);
    context.fillStyle = light(colour) ? "#111" : "#fff";
    context.fillText(words, x + size * 0.3, y - size * 0.32);
  }
}

/** A mask's own window as a picture: run lengths in rows, the first of them not covered. */
function maskPicture({ width, height, runs }: { width: number; height: number; runs: number[] }, colour: string): HTMLCanvasElement | null {
  if (width === 0 || height === 0) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return null;
  const [r, g, b] = parts(colour);
  const pixels = context.createImageData(width, height);
  let place = 0;
  runs.forEach((run, index) => {
    if (index % 2 === 1) {
      for (let at = place; at < place + run; at += 1) pixels.data.set([r, g, b, 255], at * 4);
    }
    place += run;
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}

const parts = (colour: string): [number, number, number] => {
  const value = Number.parseInt(colour.replace("#", ""), 16) || 0;
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
};

const light = (colour: string): boolean => {
  const [r, g, b] = parts(colour);
  return 0.299 * r + 0.587 * g + 0.114 * b > 150;
};
