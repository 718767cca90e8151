// Pictures and videos: sent when they are chosen, shown as tiles, put in order and removed.
import { fragment } from "../lib/fragment.js";
import { UploadQueue } from "../lib/queue.js";
import { form, pictures } from "./elements.js";
import { showSignedOut } from "./presence.js";
import { markEdited } from "./save.js";
import { openSheet } from "./sheets.js";
import { statusText } from "./status.js";

let chosen = 0; // files so far: the tiles stand in their order, whichever is up first

const queue = new UploadQueue({
  place: document.getElementById("uploads"),
  url: form.dataset.upload,
  piecesUrl: form.dataset.uploadVideo,
  csrf: () => form.elements.csrfmiddlewaretoken.value,
  onDone: addTile,
  onFailed(line, sentence, status) {
    if (status === 401) showSignedOut();
    line.append(sentence || statusText("offline"));
  },
});

export const uploading = () => queue.uploading;
export const uploadedPercent = () => queue.percent();

const input = document.getElementById("files");
input.addEventListener("change", () => {
  take(input.files);
  input.value = "";
});
form.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
form.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});
// Words from a text processor come with a picture of themselves.
form.addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return;
  event.preventDefault();
  take(files);
});

function take(files) {
  for (const line of queue.add(files)) line.dataset.chosen = chosen += 1;
}

function addTile(html, line) {
  const tile = fragment(html).querySelector(".picture");
  line.remove();
  if (pictures.querySelector(`[data-picture="${tile.dataset.picture}"]`)) return;
  tile.dataset.chosen = line.dataset.chosen;
  const isLater = ({ dataset }) => Number(dataset.chosen) > Number(tile.dataset.chosen);
  pictures.insertBefore(tile, [...pictures.children].find(isLater) || null);
  markEdited();
}

// Puts a picture of the library behind those that are there, unless it is among them.
export function addCard(html) {
  const tile = fragment(html).querySelector(".picture");
  if (pictures.querySelector(`[data-picture="${tile.dataset.picture}"]`)) return;
  tile.dataset.chosen = chosen += 1;
  pictures.append(tile);
  markEdited();
}

pictures.addEventListener("click", ({ target }) => {
  const picture = target.closest(".picture");
  if (target.closest("[data-tile]")) openTile(picture);
  if (target.closest("[data-next-tile]")) openTile(picture.nextElementSibling);
});

function openTile(picture) {
  openSheet(picture.querySelector("dialog"));
  picture.querySelector("textarea").focus();
}

pictures.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  event.preventDefault();
  const picture = button.closest(".picture");
  const { previousElementSibling: before, nextElementSibling: after } = picture;
  if (button.dataset.move === "remove") {
    picture.querySelector("dialog").close();
    ((after || before)?.querySelector("[data-tile]") || input).focus();
    picture.remove();
  } else {
    // The neighbour moves, so that the open sheet stays where it is.
    if (button.dataset.move === "up" && before) picture.after(before);
    if (button.dataset.move === "down" && after) picture.before(after);
    button.focus();
  }
  markEdited();
});

// How many of the pictures are described.
const described = document.getElementById("alt-count");
form.addEventListener("input", countDescribed);
new MutationObserver(countDescribed).observe(pictures, { childList: true });
countDescribed();

function countDescribed() {
  const areas = [...pictures.querySelectorAll(".picture:not(.is-video) .alt-text")];
  const words = described.dataset.words.replace("{all}", areas.length);
  described.textContent = areas.length ? words.replace("{n}", areas.filter((area) => area.value.trim()).length) : "";
  for (const area of areas) area.closest(".picture").classList.toggle("is-described", Boolean(area.value.trim()));
}
