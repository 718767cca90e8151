// Files that go up beside each other, three at once; the rest waits. All of them are paused by one button, and what is
// up of a file is not sent again: not after a lost line, and not when it is chosen once more on a page that was reloaded.
import { shrink } from "./photos.js";
import { isVideo, sendPicture } from "./picture.js";
import { SMALLEST, uploadFile } from "./upload.js";

const AT_ONCE = 3;

export class UploadQueue {
  uploading = 0; // files that are not up yet
  #waiting = []; // of those, the ones that have not begun
  #begun = new Map(); // of those that have, by their line: how to pause and resume them
  #shares = new Map(); // of each of these, what is up, from 0 to 1
  #senders = 0;
  #done = 0; // files since the last time that none was under way
  #isPaused = false;
  #shrinking = Promise.resolve();

  // `place` holds the lines. `url` takes a small picture whole, `piecesUrl` whatever else in pieces. `onDone` gets the
  // portal's HTML and the file's line; `onFailed` the line, the portal's sentence and its status; `onEmpty` nothing.
  constructor({ place, url, piecesUrl, csrf, onDone, onFailed, onEmpty = () => {} }) {
    Object.assign(this, { place, url, piecesUrl, csrf, onDone, onFailed, onEmpty });
    this.bar = document.getElementById("upload-queue").content.cloneNode(true).firstElementChild;
    this.pauser = this.bar.querySelector("button");
    this.pauser.addEventListener("click", () => this.#setPaused(!this.#isPaused));
    place.before(this.bar);
  }

  add(files) {
    if (!this.uploading) this.#done = 0;
    const lines = [...files].map((file) => {
      const line = this.#addLine(file);
      this.#waiting.push({ file, line });
      return line;
    });
    this.uploading += lines.length;
    this.#show();
    this.#fill();
    return lines;
  }

  // How much of what was chosen is up, in percent.
  percent() {
    const partly = [...this.#shares.values()].reduce((sum, share) => sum + share, 0);
    return Math.floor((100 * (this.#done + partly)) / (this.#done + this.uploading || 1));
  }

  #addLine(file) {
    const line = document.getElementById("upload-line").content.cloneNode(true).firstElementChild;
    line.querySelector("span").textContent = file.name;
    this.place.append(line);
    return line;
  }

  #fill() {
    while (this.#senders < Math.min(AT_ONCE, this.uploading) && this.#waiting.length > 0) this.#sendWaiting();
  }

  // The next one is made smaller, and what has gone up is looked into by the portal, while others go up.
  async #sendWaiting() {
    this.#senders += 1;
    while (this.#waiting.length > 0 && !this.#isPaused) {
      const { file, line } = this.#waiting.shift();
      await this.#send(isVideo(file) ? file : await this.#smaller(file), line);
      this.#begun.delete(line);
      this.#shares.delete(line);
      this.#done += 1;
      this.uploading -= 1;
      this.#show();
    }
    this.#senders -= 1;
    if (!this.uploading) this.onEmpty();
  }

  // One at a time: a photo that is drawn takes 50 MB of a phone's memory.
  #smaller(file) {
    const result = this.#shrinking.then(() => shrink(file));
    this.#shrinking = result;
    return result;
  }

  #send(file, line) {
    const { csrf } = this;
    const onProgress = (share) => this.#showShare(line, share);
    if (!isVideo(file) && file.size <= SMALLEST) return this.#sendWhole(file, line, { url: this.url, csrf, onProgress });
    return new Promise((resolve) => {
      const upload = uploadFile(file, {
        line,
        url: this.piecesUrl,
        csrf,
        onProgress,
        onDone: (html) => resolve(this.onDone(html, line)),
        onError: (sentence) => resolve(this.#fail(line, sentence)),
      });
      this.#begun.set(line, upload);
      if (this.#isPaused) upload.pause();
    });
  }

  // Paused, it goes up again as a whole: it is no longer than a piece.
  async #sendWhole(file, line, options) {
    const stop = new AbortController();
    let wake = () => {};
    this.#begun.set(line, { pause: () => stop.abort(), resume: () => wake() });
    if (this.#isPaused) stop.abort();
    const { status, answer } = stop.signal.aborted ? {} : await sendPicture(file, { ...options, signal: stop.signal });
    if (stop.signal.aborted && status !== 200) {
      await new Promise((resolve) => {
        wake = resolve;
        if (!this.#isPaused) resolve();
      });
      await this.#sendWhole(file, line, options);
    } else if (status === 200) this.onDone(answer.html, line);
    else this.#fail(line, answer?.error, status);
  }

  #fail(line, sentence, status) {
    line.classList.add("upload-failed");
    line.querySelector("progress")?.remove();
    this.onFailed(line, sentence, status);
  }

  #showShare(line, share) {
    const bar = line.querySelector("progress");
    if (bar) bar.value = 100 * share;
    this.#shares.set(line, share);
    this.#show();
  }

  #setPaused(is) {
    this.#isPaused = is;
    for (const upload of this.#begun.values()) {
      if (is) upload.pause();
      else upload.resume();
    }
    if (!is) this.#fill();
    this.#show();
  }

  #show() {
    const all = this.#done + this.uploading;
    this.bar.hidden = !this.uploading || all < 2;
    this.bar.querySelector("progress").value = this.percent();
    const words = this.bar.querySelector("[data-sending]");
    const text = words.dataset[this.#isPaused ? "paused" : "sending"].replace("{n}", this.#done).replace("{all}", all);
    if (words.textContent !== text) words.textContent = text;
    const { pause, go } = this.pauser.querySelector("span").dataset;
    this.pauser.querySelector("span").textContent = this.#isPaused ? go : pause;
    this.bar.classList.toggle("is-paused", this.#isPaused);
    if (!this.uploading) this.#isPaused = false;
  }
}
