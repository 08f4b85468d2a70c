/** What is to be done, one after the other: what was asked for before its image is there waits for it. */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** `ready` says whether the image in hand is the one that is wanted. */
  constructor(private readonly ready: () => boolean) {}

  /** Do it now, or when those before it are done and, where it `waits`, the image is there. */
  take(job: () => void, waits: boolean): void {
    if (this.waiting.length === 0 && (!waits || this.ready())) job();
    else this.waiting.push(job);
  }

  /** Something has changed: go on as far as possible. A job may ask for another image; the next ones then wait for that. */
  goOn(): void {
    while (this.waiting.length > 0 && this.ready()) this.waiting.shift()?.();
  }

  /** The image will not come. */
  drop(): void {
    this.waiting.length = 0;
  }
}
