/** What is to be done, one after the other: what was asked for before its image is there waits for it. */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private hopeless = false;

  /** `ready` says whether the image in hand is the one that is wanted. */
  constructor(private readonly ready: () => boolean) {}

  /** Do it now, or when those before it are done and, where it `waits`, the image is there. */
  take(job: () => void, waits: boolean): void {
    if (this.waiting.length === 0 && (!waits || this.ready())) job();
    else if (!this.hopeless) this.waiting.push(job);
  }

  /** Something has changed: go on as far as possible. A job may ask for another image; the next ones then wait for that. */
  goOn(): void {
    while (this.waiting.length > 0 && this.ready()) this.waiting.shift()?.();
  }

  /** Whether the image will not come: what waits for it is dropped, and nothing is kept until another is there. */
  giveUp(hopeless: boolean): void {
    this.hopeless = hopeless;
    if (hopeless) this.waiting.length = 0;
  }
}
