// Many files at once into the library: chosen, dragged, pasted or taken by the phone's camera.
import { fragment } from "../lib/fragment.js";
import { UploadQueue } from "../lib/queue.js";

const drop = document.getElementById("media-drop");
let added = 0; // files, by which the list is asked again once all are up

const queue = new UploadQueue({
  place: document.getElementById("media-uploads"),
  url: drop.dataset.upload,
  piecesUrl: drop.dataset.uploadVideo,
  csrf: () => drop.elements.csrfmiddlewaretoken.value,
  onDone(html, line) {
    added += 1;
    line.querySelector("progress")?.remove();
    line.append(fragment(html));
  },
  onFailed(line, sentence, status) {
    line.append(status === 401 ? drop.dataset.signedOut : sentence || drop.dataset.failed);
  },
  onEmpty() {
    if (added) globalThis.htmx?.ajax("GET", location.href, { target: "#rows", swap: "innerHTML" });
    added = 0;
  },
});

for (const id of ["media-files", "media-camera"]) {
  const input = document.getElementById(id);
  input.addEventListener("change", () => {
    queue.add(input.files);
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
  queue.add(event.dataTransfer.files);
});
addEventListener("paste", ({ clipboardData }) => queue.add(clipboardData.files));
addEventListener("beforeunload", (event) => queue.uploading && event.preventDefault());
