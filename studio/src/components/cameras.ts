/** Pictures from the camera of this browser. */

export interface Frames {
  /** The newest picture, as JPEG. */
  next: () => Promise<Blob>;
  close: () => void;
  /** Where it can be watched live. */
  stream?: MediaStream;
}

const REASONS: Record<string, string> = {
  NotAllowedError: "The browser does not allow this page to use the camera: allow it beside the address, then try again.",
  NotFoundError: "This computer has no camera.",
  NotReadableError: "Another program uses the camera.",
};

/**
 * Open the camera that the browser prefers; pictures are at most `side` pixels wide or high.
 *
 * Browsers give a camera only to pages of this machine, or over https.
 */
export async function openBrowserCamera(side: number): Promise<Frames> {
  // Not there where the page came over an open network.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new Error("Browsers give a camera only to pages of this machine, or over https.");
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({ video: { width: { ideal: side } }, audio: false });
  } catch (reason) {
    throw new Error(REASONS[reason instanceof Error ? reason.name : ""] ?? "The camera cannot be opened.", { cause: reason });
  }
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  const next = async () => {
    const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight, 1));
    canvas.width = Math.max(1, Math.round(video.videoWidth * scale));
    canvas.height = Math.max(1, Math.round(video.videoHeight * scale));
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.92));
    if (blob === null || stream.getVideoTracks()[0]?.readyState !== "live") throw new Error("The camera was taken away.");
    return blob;
  };
  return { next, close, stream };
}
