// Places of a video that are blurred, drawn by hand. The rows of numbers are what is saved: each says where a place is
// from one second to another, and between two rows of the same place it moves evenly. This shows them over the video at
// the second where it stands, and writes into them what is drawn, dragged or moved by keys. Lengths are per cent.
import { boxFrom, corners, holds, inside, round, sidesTo } from "../lib/areas.js";

const TOUCH = 22; // pixels around a corner that take hold of it
const LEAST = 1;
const STEP = 1; // of an arrow key
const LASTS = 2; // seconds that a new place is blurred, until somebody says otherwise
const SIDES = ["x", "y", "width", "height"];

const form = document.getElementById("video-editor");
const video = document.getElementById("video");
const boxes = document.getElementById("video-boxes");
const list = document.getElementById("marks");
const rowTemplate = document.getElementById("mark-row");
const drawing = document.getElementById("draw-marks");
const addMark = document.getElementById("add-mark");
const said = document.getElementById("editor-said");
let picked = 0; // the place that keys move
let held; // what the pointer drags

// --- What the rows say ---

const field = (row, name) => row.querySelector(`[name=mark_${name}]`);

function seconds(text) {
  const [last, minutes] = text.trim().split(":").reverse();
  return 60 * (Number.parseInt(minutes, 10) || 0) + (Number.parseFloat(last.replace(",", ".")) || 0);
}

function asTime(value) {
  const rest = (value % 60).toFixed(2).padStart(5, "0").replace(/\.00$/, "");
  return `${Math.floor(value / 60)}:${rest}`;
}

function read(row) {
  const start = seconds(field(row, "from").value);
  const box = Object.fromEntries(SIDES.map((side) => [side, Number.parseFloat(field(row, side).value) || 0]));
  return { row, place: Number(field(row, "place").value), start, end: Math.max(start, seconds(field(row, "to").value)), box };
}

const marks = () => [...list.children].map(read).sort((one, other) => one.start - other.start);
const marksOf = (place) => marks().filter((mark) => mark.place === place);
const places = () => [...new Set(marks().map(({ place }) => place))];

// Where a place is at a second, or nothing before its first row and after its last.
function boxAt(place, second) {
  let before;
  for (const mark of marksOf(place)) {
    if (second < mark.start) return before && between(before, mark, second);
    before = mark;
    if (second <= mark.end) return mark.box;
  }
  return undefined;
}

function between(one, other, second) {
  const share = (second - one.end) / (other.start - one.end);
  return Object.fromEntries(SIDES.map((side) => [side, one.box[side] + share * (other.box[side] - one.box[side])]));
}

function addRow(place, start, end, box) {
  const row = rowTemplate.content.firstElementChild.cloneNode(true);
  const after = marksOf(place).findLast((mark) => mark.start <= start) || marks().findLast((mark) => mark.place < place);
  if (after) after.row.after(row);
  else list.prepend(row);
  field(row, "place").value = place;
  field(row, "from").value = asTime(start);
  field(row, "to").value = asTime(end);
  writeBox(row, box);
  return row;
}

function writeBox(row, box) {
  for (const [side, value] of Object.entries(inside(box, LEAST))) field(row, side).value = round(value);
  const kind = field(row, "kind");
  if (["asked", "right"].includes(kind.value)) kind.value = "moved";
}

// Puts a place somewhere at the second where the video stands: in the row that speaks of it, or in a new one.
function put(place, box) {
  const now = video.currentTime;
  const mark = marksOf(place).find(({ start, end }) => start - 0.05 <= now && now <= end + 0.05);
  if (mark) writeBox(mark.row, box);
  else addRow(place, now, now, box);
  pick(place);
  draw();
}

// --- Drawing ---

function draw() {
  const now = video.currentTime;
  boxes.replaceChildren();
  for (const place of places()) {
    const box = boxAt(place, now);
    if (!box) continue;
    const rectangle = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const side of SIDES) rectangle.setAttribute(side, box[side]);
    rectangle.classList.toggle("is-picked", place === picked);
    boxes.append(rectangle);
  }
}

function pick(place) {
  picked = place;
  addMark.hidden = !place;
  addMark.querySelector("span").textContent = place;
}

for (const name of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(name, draw);
video.addEventListener("play", function follow() {
  draw();
  if (!video.paused) requestAnimationFrame(follow);
});

// --- By pointer and keys, while drawing ---

const isDrawing = () => drawing.getAttribute("aria-pressed") === "true";

function setDrawing(is) {
  drawing.setAttribute("aria-pressed", String(is));
  boxes.classList.toggle("is-drawing", is);
  if (is) video.pause();
}

drawing.addEventListener("click", () => setDrawing(!isDrawing()));
video.addEventListener("play", () => setDrawing(false));

function at(event) {
  const { left, top, width, height } = boxes.getBoundingClientRect();
  return [((event.clientX - left) / width) * 100, ((event.clientY - top) / height) * 100];
}

function cornerAt(box, [x, y]) {
  const { width, height } = boxes.getBoundingClientRect();
  return corners(box).findIndex(
    ([left, top]) => Math.hypot(((left - x) * width) / 100, ((top - y) * height) / 100) <= TOUCH,
  );
}

function take(point) {
  for (const place of places().reverse()) {
    const box = boxAt(place, video.currentTime);
    if (!box) continue;
    const isHeld = holds(box, point);
    const corner = cornerAt(box, point);
    // Of a small box the middle moves it.
    const middle = holds({ x: box.x + box.width / 3, y: box.y + box.height / 3, width: box.width / 3, height: box.height / 3 }, point);
    if (isHeld || corner >= 0) return { place, box, corner: middle ? -1 : corner, from: point };
  }
  const place = newPlace(inside({ x: point[0], y: point[1], width: LEAST, height: LEAST }, LEAST));
  return { place, box: boxAt(place, video.currentTime), corner: 2, from: point };
}

boxes.addEventListener("pointerdown", (event) => {
  held = take(at(event));
  pick(held.place);
  draw();
  boxes.setPointerCapture(event.pointerId);
  event.preventDefault();
});

boxes.addEventListener("pointermove", (event) => {
  if (!held) return;
  const [x, y] = at(event);
  const { box, corner, from } = held;
  if (corner < 0) put(held.place, { ...box, x: box.x + x - from[0], y: box.y + y - from[1] });
  else {
    const opposite = corners(box)[(corner + 2) % 4];
    put(held.place, boxFrom(opposite, corner, sidesTo(opposite, corner, [x, y], LEAST)));
  }
});

for (const name of ["pointerup", "pointercancel"]) {
  boxes.addEventListener(name, () => {
    held = undefined;
  });
}

const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

drawing.addEventListener("keydown", (event) => {
  const step = ARROWS[event.key];
  if (!step || !isDrawing()) return;
  event.preventDefault();
  const box = boxAt(picked, video.currentTime);
  if (!box) return;
  const [x, y] = step;
  if (event.shiftKey) put(picked, { ...box, width: box.width + x, height: box.height + y });
  else put(picked, { ...box, x: box.x + x, y: box.y + y });
  sayWhere(picked);
});

function sayWhere(place) {
  const box = boxAt(place, video.currentTime);
  const values = { place, ...Object.fromEntries(SIDES.map((side) => [side, Math.round(box[side])])) };
  said.textContent = said.dataset.moved.replaceAll(/\{(\w+)\}/g, (_all, name) => `${values[name]} ${SIDES.includes(name) ? "%" : ""}`.trim());
}

// --- Buttons and fields ---

function newPlace(box) {
  const place = Math.max(0, ...places()) + 1;
  const start = video.currentTime;
  addRow(place, start, Math.min(start + LASTS, video.duration || start + LASTS), box);
  pick(place);
  return place;
}

document.getElementById("add-place").addEventListener("click", () => {
  const aside = 5 * (places().length % 6); // not on top of the last one
  newPlace({ x: 30 + aside, y: 30 + aside, width: 20, height: 16 });
  setDrawing(true);
  said.textContent = said.dataset.added;
  drawing.focus({ preventScroll: true });
  draw();
});

addMark.addEventListener("click", () => {
  const known = marksOf(picked);
  if (!known.length) return;
  put(picked, boxAt(picked, video.currentTime) || (known[0].start > video.currentTime ? known[0] : known.at(-1)).box);
  setDrawing(true);
  drawing.focus({ preventScroll: true });
});

list.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-remove]")) return;
  target.closest(".video-mark").remove();
  if (!marksOf(picked).length) pick(0);
  document.getElementById("add-place").focus({ preventScroll: true });
  draw();
});

// The row in which somebody writes is shown: the video goes to its second.
list.addEventListener("focusin", ({ target }) => {
  const mark = read(target.closest(".video-mark"));
  pick(mark.place);
  if (video.paused && (video.currentTime < mark.start || video.currentTime > mark.end)) video.currentTime = mark.start;
  draw();
});

form.addEventListener("input", ({ target }) => {
  const row = target.closest("#marks .video-mark");
  if (!row) return;
  if (SIDES.some((side) => target === field(row, side))) {
    const kind = field(row, "kind");
    if (kind.value === "asked" || kind.value === "right") kind.value = "moved";
  }
  draw();
});

if (list.querySelector(".is-asked")) list.querySelector(".is-asked").scrollIntoView({ block: "nearest" });
draw();
