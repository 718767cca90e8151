// A file goes up in pieces: a broken line, a page that is loaded again or a server that restarts cost one piece and not
// the whole. `url` is where one begins; the portal answers with where to send the pieces, and knows a file again that
// it has a part of. `csrf` is asked before each piece, for signing in again changes it. `onProgress` hears the share
// from 0 to 1. In the `line` the person can pause and stop the upload, and is told what happens.
export const SMALLEST = 256 * 1024;
const SECONDS = 4; // that a piece shall take: what a broken line may cost, and how often the bar moves
const LONGEST_WAIT = 30_000;
const RESTARTS = 3;
const FORBIDDEN_TRIES = 5; // so often a 403 may be a token that the page is about to renew

export function uploadFile(file, options) {
  const upload = new PieceUpload(file, options);
  upload.run();
  return upload;
}

class PieceUpload {
  address = ""; // of this upload, once it has begun
  offset = 0;
  piece = 2 * SMALLEST;
  largest = 2 * SMALLEST;
  isLost = false; // what the portal has is not known: ask first
  failures = 0;
  restarts = 0;
  isPaused = false;
  isOver = false;
  request = null;
  wake = () => {};
  reported = "";

  constructor(file, { url, csrf, line, onProgress, onDone, onError }) {
    Object.assign(this, { file, url, csrf, onProgress, onDone, onError });
    this.mark = `${file.lastModified}|${file.size}|${file.name}`.slice(0, 100);
    this.controls = document.getElementById("upload-controls").content.cloneNode(true).firstElementChild;
    this.words = this.controls.querySelector("[data-sending]");
    this.wakeOnline = () => this.wake();
    addEventListener("online", this.wakeOnline);
    line.append(this.controls);
    const pauser = this.controls.querySelector("[data-upload=pause]");
    pauser.addEventListener("click", () => {
      if (this.isPaused) this.resume();
      else this.pause();
    });
    this.controls.querySelector("[data-upload=stop]").addEventListener("click", () => this.stop());
  }

  pause() {
    this.isPaused = true;
    this.showPaused();
    this.request?.abort();
    this.wake();
  }

  resume() {
    this.isPaused = false;
    this.showPaused();
    this.wake();
  }

  showPaused() {
    this.controls.querySelector("[data-upload=pause]").setAttribute("aria-pressed", this.isPaused);
  }

  stop() {
    const { address } = this;
    this.end(this.onError, this.words.dataset.stopped);
    this.request?.abort();
    if (address) this.call("DELETE", address);
  }

  end(callback, detail) {
    if (this.isOver) return;
    this.isOver = true;
    removeEventListener("online", this.wakeOnline);
    this.controls.remove();
    callback(detail);
  }

  async run() {
    while (!this.isOver) await this.step();
  }

  async step() {
    if (this.isPaused) {
      this.report("paused");
      await this.wait(2 ** 30);
      return;
    }
    this.report(this.address && this.offset === this.file.size ? "checking" : "sending");
    const answer = await this.sendNext();
    if (this.isOver) return;
    this.isLost = false;
    if (answer.result?.url) await this.proceed(answer);
    else await this.recover(answer);
  }

  sendNext() {
    if (!this.address) return this.begin();
    return this.isLost ? this.call("GET", this.address) : this.sendPiece();
  }

  begin() {
    const body = new FormData();
    body.append("size", this.file.size);
    body.append("mark", this.mark);
    return this.call("POST", this.url, body);
  }

  async sendPiece() {
    const data = this.file.slice(this.offset, this.offset + this.piece);
    const start = performance.now();
    const answer = await this.call("PATCH", this.address, data, {
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": this.offset,
    });
    if (answer.status === 200 && data.size === this.piece) {
      const fitting = (this.piece * SECONDS * 1000) / (performance.now() - start);
      this.piece = Math.max(SMALLEST, Math.min(this.largest, 2 * this.piece, fitting)) | 0;
    }
    return answer;
  }

  // The portal says what it has, and returns the card of a file that is complete.
  async proceed({ status, result, retryAfter }) {
    this.address = result.url;
    this.offset = result.offset;
    this.largest = result.largest;
    this.failures = 0;
    this.showProgress(this.offset);
    if (result.html) {
      this.end(this.onDone, result.html);
    } else if (status === 202) {
      this.report("checking");
      await this.wait(retryAfter * 1000);
    }
  }

  async recover({ status, result }) {
    if (status === 404 && this.address && (this.restarts += 1) <= RESTARTS) {
      this.address = ""; // forgotten: nobody came for a day
    } else if (status === 413) {
      this.shrinkPiece();
    } else if (this.isRefusal(status)) {
      this.end(this.onError, result?.error || this.words.dataset.failed);
    } else if (this.isPaused) {
      this.isLost = true; // the request under way was aborted
    } else if (!status && !(await this.isReadable())) {
      this.end(this.onError, this.words.dataset.unreadable);
    } else {
      // No line, a server that restarts, signed out, or a token that the page is about to renew.
      this.isLost = true;
      this.failures += 1;
      // A portal that did not hear of the cut waits for the end of the piece, and drops it.
      this.piece = Math.max(SMALLEST, this.piece / 2) | 0;
      this.report(status === 401 ? "away" : "offline");
      await this.wait(Math.min(LONGEST_WAIT, 500 * 2 ** this.failures));
    }
  }

  shrinkPiece() {
    if (this.piece <= SMALLEST) this.end(this.onError, this.words.dataset.failed);
    else this.piece = this.largest = Math.max(SMALLEST, this.piece / 2) | 0;
  }

  isRefusal(status) {
    return [400, 404, 405, 422].includes(status) || (status === 403 && this.failures > FORBIDDEN_TRIES);
  }

  // A file that was changed, moved or lies on a stick that is gone cannot be read, and looks like a broken line.
  async isReadable() {
    try {
      await this.file.slice(0, 1).arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }

  // Once when it changes, and every tenth of the way: a screen reader is not talked at with each piece.
  report(name) {
    const tenth = Math.floor((10 * this.offset) / this.file.size) * 10;
    const report = name === "sending" ? `sending ${tenth}` : name;
    if (this.reported === report) return;
    this.reported = report;
    this.words.textContent = this.words.dataset[name].replace("{percent}", tenth);
  }

  showProgress(sent) {
    this.onProgress(this.file.size ? Math.min(1, sent / this.file.size) : 1);
  }

  wait(time) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  call(method, address, body, headers = {}) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, address);
      request.setRequestHeader("X-CSRFToken", this.csrf());
      request.setRequestHeader("Accept", "application/json");
      // An upload that takes an hour is no sign that somebody still sits there.
      request.setRequestHeader("X-By-Itself", "1");
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (method === "PATCH") {
        request.upload.addEventListener("progress", (event) => this.showProgress(this.offset + event.loaded));
      }
      request.addEventListener("loadend", () => {
        const retryAfter = Number(request.getResponseHeader("Retry-After"));
        resolve({ status: request.status, result: parse(request.responseText), retryAfter });
      });
      request.send(body);
    });
  }
}

// Returns null for a proxy's page, or nothing.
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
