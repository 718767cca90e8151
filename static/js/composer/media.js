// Pictures and videos: sent when they are chosen, shown as tiles, put in order and removed.
import { fragment } from "../lib/fragment.js";
import { shrink } from "../lib/photos.js";
import { isVideo, sendPicture } from "../lib/picture.js";
import { uploadVideo } from "../lib/upload.js";
import { form, pictures } from "./elements.js";
import { showSignedOut } from "./presence.js";
import { markEdited } from "./save.js";
import { openSheet } from "./sheets.js";
import { statusText } from "./status.js";

const AT_ONCE = 3; // files that go up beside each other

export let uploading = 0; // files that are not up yet
const waiting = []; // of those, the ones that have not begun
let senders = 0; // of those that have, how many go up now
let done = 0; // files since the last time that none was under way
let chosen = 0; // files so far: the tiles stand in their order, whichever is up first
let shrinking = Promise.resolve();
const shares = new Map(); // of each file under way, by its line

// How much of what was chosen is up, in percent.
export function uploadedPercent() {
  const partly = [...shares.values()].reduce((sum, share) => sum + share, 0);
  return Math.floor((100 * (done + partly)) / (done + uploading));
}

const input = document.getElementById("files");
input.addEventListener("change", () => {
  if (!uploading) done = 0;
  for (const file of input.files) waiting.push({ file, line: addLine(file) });
  uploading += input.files.length;
  input.value = "";
  while (senders < Math.min(AT_ONCE, uploading)) sendWaiting();
});

// The next one is made smaller, and what has gone up is looked into by the portal, while others go up.
async function sendWaiting() {
  senders += 1;
  while (waiting.length) {
    const { file, line } = waiting.shift();
    await (isVideo(file) ? sendVideo(file, line) : sendOne(await smaller(file), line));
    shares.delete(line);
    done += 1;
    uploading -= 1;
  }
  senders -= 1;
}

// One at a time: a photo that is drawn takes 50 MB of a phone's memory.
function smaller(file) {
  const result = shrinking.then(() => shrink(file));
  shrinking = result;
  return result;
}

function showShare(line, part) {
  shares.set(line, part);
  line.querySelector("progress").value = 100 * part;
}

async function sendOne(file, line) {
  const { status, answer } = await sendPicture(file, {
    url: form.dataset.upload,
    csrf: () => form.elements.csrfmiddlewaretoken.value,
    onProgress: (part) => showShare(line, part),
  });
  if (status === 200) {
    addTile(answer.html, line);
  } else {
    if (status === 401) showSignedOut();
    showFailure(line, answer?.error);
  }
}

// In pieces that survive a broken line: see lib/upload.js.
function sendVideo(file, line) {
  return new Promise((resolve) => {
    uploadVideo(file, {
      line,
      url: form.dataset.uploadVideo,
      csrf: () => form.elements.csrfmiddlewaretoken.value,
      onProgress: (part) => showShare(line, part),
      onDone(html) {
        addTile(html, line);
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
  line.dataset.chosen = chosen += 1;
  document.getElementById("uploads").append(line);
  return line;
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

function showFailure(line, sentence) {
  line.classList.add("upload-failed");
  line.querySelector("progress")?.remove();
  line.append(sentence || statusText("offline"));
}

pictures.addEventListener("click", ({ target }) => {
  const picture = target.closest(".picture");
  if (target.closest("[data-tile]")) openTile(picture);
  if (target.closest("[data-next-tile]")) openTile(picture.nextElementSibling || pictures.firstElementChild);
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
