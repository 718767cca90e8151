// Many files at once into the library: chosen, dragged, pasted or taken by the phone's camera.
import { fragment } from "../lib/fragment.js";
import { shrink } from "../lib/photos.js";
import { isVideo, sendPicture } from "../lib/picture.js";
import { uploadVideo } from "../lib/upload.js";

const AT_ONCE = 3; // files that go up beside each other
const drop = document.getElementById("media-drop");
const list = document.getElementById("media-uploads");
const waiting = [];
let senders = 0;
let added = 0; // files, by which the list is asked anew once all are up
let shrinking = Promise.resolve();

const csrf = () => drop.elements.csrfmiddlewaretoken.value;

for (const id of ["media-files", "media-camera"]) {
  const input = document.getElementById(id);
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
}
addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  drop.classList.add("is-over");
});
addEventListener("dragleave", (event) => event.relatedTarget || drop.classList.remove("is-over"));
addEventListener("drop", (event) => {
  drop.classList.remove("is-over");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});
addEventListener("paste", ({ clipboardData }) => take(clipboardData.files));
addEventListener("beforeunload", (event) => senders && event.preventDefault());

function take(files) {
  for (const file of files) waiting.push({ file, line: addLine(file) });
  while (senders < AT_ONCE && waiting.length > 0) sendWaiting();
}

async function sendWaiting() {
  senders += 1;
  while (waiting.length) {
    const { file, line } = waiting.shift();
    await (isVideo(file) ? sendVideo(file, line) : sendOne(await smaller(file), line));
  }
  senders -= 1;
  if (!senders && added) {
    added = 0;
    globalThis.htmx?.ajax("GET", location.href, { target: "#rows", swap: "innerHTML" });
  }
}

// One at a time: a photo that is drawn takes 50 MB of a phone's memory.
function smaller(file) {
  const result = shrinking.then(() => shrink(file));
  shrinking = result;
  return result;
}

async function sendOne(file, line) {
  const { status, answer } = await sendPicture(file, {
    url: drop.dataset.upload,
    csrf,
    onProgress: (part) => showShare(line, part),
  });
  if (status === 200) showAdded(line, answer.html);
  else showFailure(line, status === 401 ? drop.dataset.signedOut : answer?.error);
}

function sendVideo(file, line) {
  return new Promise((resolve) => {
    uploadVideo(file, {
      line,
      url: drop.dataset.uploadVideo,
      csrf,
      onProgress: (part) => showShare(line, part),
      onDone(html) {
        showAdded(line, html);
        resolve();
      },
      onError(sentence) {
        showFailure(line, sentence);
        resolve();
      },
    });
  });
}

function addLine(file) {
  const line = document.getElementById("upload-line").content.cloneNode(true).firstElementChild;
  line.querySelector("span").textContent = file.name;
  list.append(line);
  return line;
}

function showShare(line, part) {
  const bar = line.querySelector("progress");
  if (bar) bar.value = 100 * part;
}

function showAdded(line, html) {
  added += 1;
  line.querySelector("progress")?.remove();
  line.append(fragment(html));
}

function showFailure(line, sentence) {
  line.classList.add("upload-failed");
  line.querySelector("progress")?.remove();
  line.append(sentence || drop.dataset.failed);
}
