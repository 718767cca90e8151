// A video goes up in pieces: a broken line, a page that is loaded anew or a server that restarts cost one piece and not
// the whole. `url` is where one begins; the portal answers with where to send the pieces, and knows a file again that
// it has a part of. `csrf` is asked before each piece, for signing in again changes it. `onProgress` hears the share
// from 0 to 1. With a `line` the person can pause and stop there, and is told what happens.
window.uploadVideo = function (file, { url, csrf, line, onProgress = () => {}, onDone, onError }) {
  const SMALLEST = 256 * 1024;
  const SECONDS = 4; // that a piece shall take: what a broken line may cost, and how often the bar moves
  const LONGEST_WAIT = 30_000;
  const mark = `${file.lastModified}|${file.size}|${file.name}`.slice(0, 100);
  const controls = line && document.getElementById("upload-controls")?.content.cloneNode(true).firstElementChild;
  const words = controls?.querySelector("[data-sending]");
  const pauser = controls?.querySelector("[data-upload=pause]");

  let address = ""; // of this upload, once it has begun
  let offset = 0;
  let piece = 2 * SMALLEST;
  let largest = piece;
  let lost = false; // what the portal has is not known: ask first
  let failures = 0;
  let anew = 0;
  let paused = false;
  let over = false;
  let request = null;
  let wake = () => {};
  let said = "";

  const share = (sent) => onProgress(file.size ? Math.min(1, sent / file.size) : 1);

  // Said once when it changes, and every tenth of the way: a screen reader is not talked at with each piece.
  function tell(name) {
    const tenth = Math.floor((10 * offset) / file.size) * 10;
    const now = name === "sending" ? `sending ${tenth}` : name;
    if (!words || said === now) return;
    said = now;
    words.textContent = words.dataset[name].replace("{percent}", tenth);
  }

  function ask(method, to, body, headers = {}) {
    return new Promise((answer) => {
      request = new XMLHttpRequest();
      request.open(method, to);
      request.setRequestHeader("X-CSRFToken", typeof csrf === "function" ? csrf() : csrf);
      request.setRequestHeader("Accept", "application/json");
      // A film that takes an hour is no sign that somebody still sits there.
      request.setRequestHeader("X-By-Itself", "1");
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (method === "PATCH") {
        request.upload.addEventListener("progress", (event) => share(offset + event.loaded));
      }
      request.addEventListener("loadend", () => {
        let told = null;
        try {
          told = JSON.parse(request.responseText);
        } catch {
          // a proxy's page, or nothing
        }
        answer({ status: request.status, told, wait: Number(request.getResponseHeader("Retry-After")) });
      });
      request.send(body);
    });
  }

  function begin() {
    const body = new FormData();
    body.append("name", file.name);
    body.append("size", file.size);
    body.append("mark", mark);
    return ask("POST", url, body);
  }

  async function send() {
    const data = file.slice(offset, offset + piece);
    const start = performance.now();
    const answer = await ask("PATCH", address, data, {
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": offset,
    });
    if (answer.status === 200 && data.size === piece) {
      const fitting = (piece * SECONDS * 1000) / (performance.now() - start);
      piece = Math.max(SMALLEST, Math.min(largest, 2 * piece, fitting)) | 0;
    }
    return answer;
  }

  const rest = (time) =>
    new Promise((done) => {
      const timer = setTimeout(done, time);
      wake = () => {
        clearTimeout(timer);
        done();
      };
    });

  // A file that was changed, moved or lies on a stick that is gone cannot be read, and looks like a broken line.
  const readable = () => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

  function end(act, ...about) {
    if (over) return;
    over = true;
    removeEventListener("online", online);
    controls?.remove();
    act?.(...about);
  }

  const online = () => wake();
  addEventListener("online", online);

  async function go() {
    while (!over) {
      if (paused) {
        tell("paused");
        await rest(2 ** 30);
        continue;
      }
      tell(address && offset === file.size ? "checking" : "sending");
      const { status, told, wait } = await (!address ? begin() : lost ? ask("GET", address) : send());
      if (over) return;
      lost = false;
      if (told?.url) {
        [address, offset, largest, failures] = [told.url, told.offset, told.largest, 0];
        share(offset);
        if (told.html) return end(onDone, told.html);
        if (status === 202) {
          tell("checking");
          await rest(wait * 1000);
        }
      } else if (status === 404 && address && (anew += 1) < 4) {
        address = ""; // forgotten: nobody came for a day
      } else if (status === 413) {
        if (piece <= SMALLEST) return end(onError, words?.dataset.failed);
        piece = largest = Math.max(SMALLEST, piece / 2) | 0;
      } else if ([400, 404, 405, 422].includes(status) || (status === 403 && failures > 5)) {
        return end(onError, told?.error || words?.dataset.failed);
      } else if (paused) {
        lost = true; // what was under way was let go
      } else if (!status && !(await readable())) {
        return end(onError, words?.dataset.unreadable);
      } else {
        // No line, a server that restarts, signed out, or a token that the page is about to renew.
        lost = true;
        failures += 1;
        tell(status === 401 ? "away" : "offline");
        await rest(Math.min(LONGEST_WAIT, 500 * 2 ** failures));
      }
    }
  }

  const upload = {
    pause() {
      paused = true;
      request?.abort();
      wake();
    },
    resume() {
      paused = false;
      wake();
    },
    stop() {
      const gone = address;
      end(onError, words?.dataset.stopped);
      request?.abort();
      if (gone) ask("DELETE", gone);
    },
  };

  if (controls) {
    line.append(controls);
    pauser.addEventListener("click", () => {
      upload[paused ? "resume" : "pause"]();
      pauser.setAttribute("aria-pressed", paused);
    });
    controls.querySelector("[data-upload=stop]").addEventListener("click", upload.stop);
  }
  go();
  return upload;
};
