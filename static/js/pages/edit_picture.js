// The preview of an edit. The fields of the form are what is saved; this draws what they say, and
// writes into them what is dragged in the picture. Lengths are per cent, as in the fields: of the
// crop, of the picture once it is turned and straightened; of places to blur, of the picture as it is.
import { boxFrom, corners, holds, inside, round, sidesTo, within } from "../lib/areas.js";

const TOUCH = 22; // pixels around a corner that take hold of it
const LEAST = 5; // per cent of a side that a crop has at least
const LEAST_BLUR = 1;
const SIDES = ["x", "y", "width", "height"];

const form = document.getElementById("picture-editor");
const stage = document.getElementById("stage");
const source = document.getElementById("source");
const rows = document.getElementById("blurs");
const rowTemplate = document.getElementById("blur-row");
const said = document.getElementById("editor-said");
const focusButton = document.getElementById("set-focus");
const picture = document.createElement("canvas"); // what will be saved, before its crop
const marks = document.createElement("canvas"); // the crop's frame and the places to blur
const covered = document.createElement("canvas"); // the source, with its places covered
marks.className = "editor-marks";
let held; // what the pointer drags

// --- What the fields say ---

const number = (name) => Number.parseFloat(form.elements[name].value) || 0;
const shape = () => form.elements.shape.value;
const angle = () => ((number("turn") + number("straighten")) * Math.PI) / 180;

// The sides of the picture once it is turned and straightened, in pixels of the source.
function view() {
  const { naturalWidth: width, naturalHeight: height } = source;
  const upright = number("turn") % 180 ? [height, width] : [width, height];
  const lean = Math.abs((number("straighten") * Math.PI) / 180);
  const across = upright[0] * Math.cos(lean) + upright[1] * Math.sin(lean);
  const down = upright[0] * Math.sin(lean) + upright[1] * Math.cos(lean);
  const scale = Math.min(upright[0] / across, upright[1] / down);
  return { width: upright[0] * scale, height: upright[1] * scale };
}

function turned(x, y, by) {
  return [x * Math.cos(by) - y * Math.sin(by), x * Math.sin(by) + y * Math.cos(by)];
}

// From per cent of the view to per cent of the source, and back.
function toSource([x, y]) {
  const { width, height } = view();
  const [left, top] = turned(((x - 50) * width) / 100, ((y - 50) * height) / 100, -angle());
  return [50 + (left / source.naturalWidth) * 100, 50 + (top / source.naturalHeight) * 100];
}

function toView([x, y]) {
  const { width, height } = view();
  const [left, top] = turned(((x - 50) * source.naturalWidth) / 100, ((y - 50) * source.naturalHeight) / 100, angle());
  return [50 + (left / width) * 100, 50 + (top / height) * 100];
}

function cropOf() {
  if (!shape()) return null;
  const values = SIDES.map((side) => form.elements[`crop_${side}`].value);
  if (values.some((value) => value === "")) return null;
  return Object.fromEntries(SIDES.map((side, index) => [side, Number.parseFloat(values[index]) || 0]));
}

function writeCrop(box) {
  for (const side of SIDES) form.elements[`crop_${side}`].value = box ? round(box[side]) : "";
}

const ratio = () => {
  const [across, down] = shape().split(":").map(Number);
  return down ? across / down : 0;
};

function cropToShape() {
  const { width, height } = view();
  const wanted = ratio();
  if (!shape()) writeCrop(null);
  else if (!wanted) writeCrop({ x: 5, y: 5, width: 90, height: 90 });
  else {
    const across = Math.min(100, ((height * wanted) / width) * 100);
    const down = Math.min(100, (width / wanted / height) * 100);
    const middle = focusPoint();
    writeCrop({
      x: within(middle[0] - across / 2, 0, 100 - across),
      y: within(middle[1] - down / 2, 0, 100 - down),
      width: across,
      height: down,
    });
  }
}

function focusPoint() {
  const { focus_x: x, focus_y: y } = form.elements;
  return x.value === "" || y.value === "" ? [50, 50] : [number("focus_x"), number("focus_y")];
}

const blurRows = () => [...rows.children];

function readRow(row) {
  return Object.fromEntries(
    SIDES.map((side) => [side, Number.parseFloat(row.querySelector(`[name=blur_${side}]`).value) || 0]),
  );
}

function writeRow(row, box) {
  const values = inside(box, LEAST_BLUR);
  for (const side of SIDES) row.querySelector(`[name=blur_${side}]`).value = round(values[side]);
}

// --- Drawing ---

function draw() {
  const { width, height } = view();
  for (const canvas of [picture, marks]) {
    canvas.width = Math.round(width);
    canvas.height = Math.round(height);
  }
  cover();
  const pen = picture.getContext("2d");
  pen.translate(picture.width / 2, picture.height / 2);
  pen.rotate(angle());
  pen.drawImage(covered, -source.naturalWidth / 2, -source.naturalHeight / 2);
  picture.style.filter = `brightness(${1 + number("brightness") / 200})`;
  drawMarks();
}

function cover() {
  covered.width = source.naturalWidth;
  covered.height = source.naturalHeight;
  const pen = covered.getContext("2d");
  pen.drawImage(source, 0, 0);
  for (const row of blurRows()) {
    const box = readRow(row);
    if (!box.width || !box.height) continue;
    const width = (box.width / 100) * covered.width;
    const height = (box.height / 100) * covered.height;
    const margin = Math.max(4, 0.15 * Math.min(width, height));
    const cells = Math.max(width, height) > 2 * Math.min(width, height) ? 1 : 4;
    const small = document.createElement("canvas");
    small.width = small.height = cells;
    const place = [(box.x / 100) * covered.width - margin, (box.y / 100) * covered.height - margin];
    const size = [width + 2 * margin, height + 2 * margin];
    const average = small.getContext("2d");
    average.imageSmoothingQuality = "high";
    average.drawImage(covered, ...place, ...size, 0, 0, cells, cells);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, cells, cells, ...place, ...size);
  }
}

const inPixels = ([x, y]) => [(x / 100) * marks.width, (y / 100) * marks.height];
// Pixels of the screen in pixels of the canvas.
const unit = () => marks.width / (marks.getBoundingClientRect().width || marks.width);

function drawMarks() {
  const pen = marks.getContext("2d");
  pen.clearRect(0, 0, marks.width, marks.height);
  const box = cropOf();
  if (box) {
    pen.fillStyle = "rgb(0 0 0 / 55%)";
    pen.fillRect(0, 0, marks.width, marks.height);
    const [x, y] = inPixels([box.x, box.y]);
    const [width, height] = inPixels([box.width, box.height]);
    pen.clearRect(x, y, width, height);
    outline(pen, corners(box).map(inPixels), "#fff");
  }
  for (const row of blurRows()) outline(pen, corners(readRow(row)).map(toView).map(inPixels), "#ffd43b");
  if (form.elements.focus_x.value !== "" && form.elements.focus_y.value !== "") point(pen, inPixels(focusPoint()));
}

function outline(pen, points, colour) {
  const line = 2 * unit();
  for (const [width, style] of [[2 * line, "#000"], [line, colour]]) {
    pen.lineWidth = width;
    pen.strokeStyle = style;
    pen.beginPath();
    for (const [x, y] of points) pen.lineTo(x, y);
    pen.closePath();
    pen.stroke();
  }
  pen.fillStyle = colour;
  const handle = 5 * unit();
  for (const [x, y] of points) pen.fillRect(x - handle, y - handle, 2 * handle, 2 * handle);
}

function point(pen, [x, y]) {
  for (const [width, style] of [[5, "#000"], [2, "#fff"]]) {
    pen.lineWidth = width * unit();
    pen.strokeStyle = style;
    pen.beginPath();
    pen.arc(x, y, 9 * unit(), 0, 2 * Math.PI);
    pen.stroke();
  }
}

// --- Dragging ---

function at(event) {
  const { left, top, width, height } = marks.getBoundingClientRect();
  return [((event.clientX - left) / width) * 100, ((event.clientY - top) / height) * 100];
}

const isFocusing = () => focusButton.getAttribute("aria-pressed") === "true";

// Which corner lies under a point of the view, or -1.
function cornerAt(points, [x, y]) {
  const { width, height } = marks.getBoundingClientRect();
  return points.findIndex(
    ([left, top]) => Math.hypot(((left - x) * width) / 100, ((top - y) * height) / 100) <= TOUCH,
  );
}

function take(event) {
  const place = at(event);
  const inSource = toSource(place);
  for (const row of blurRows().reverse()) {
    const box = readRow(row);
    const corner = cornerAt(corners(box).map(toView), place);
    if (corner >= 0 || holds(box, inSource)) return { row, box, corner, from: inSource };
  }
  const box = cropOf();
  if (!box) return null;
  const corner = cornerAt(corners(box), place);
  return corner >= 0 || holds(box, place) ? { box, corner, from: place } : null;
}

marks.addEventListener("pointerdown", (event) => {
  if (isFocusing()) {
    const [x, y] = at(event).map((value) => round(within(value, 0, 100)));
    form.elements.focus_x.value = x;
    form.elements.focus_y.value = y;
    focusButton.setAttribute("aria-pressed", "false");
    if (ratio()) cropToShape();
    draw();
    return;
  }
  held = take(event);
  if (held) {
    marks.setPointerCapture(event.pointerId);
    event.preventDefault();
  }
});

marks.addEventListener("pointermove", (event) => {
  if (!held) return;
  const [x, y] = held.row ? toSource(at(event)) : at(event);
  if (held.corner < 0) {
    const moved = { ...held.box, x: held.box.x + x - held.from[0], y: held.box.y + y - held.from[1] };
    put(moved);
  } else put(pulled([x, y]));
});

for (const name of ["pointerup", "pointercancel"]) {
  marks.addEventListener(name, () => {
    held = undefined;
  });
}

// The box with its held corner at a point; the opposite one stays.
function pulled(to) {
  const { box, corner, row } = held;
  const opposite = corners(box)[(corner + 2) % 4];
  const sides = sidesTo(opposite, corner, to, row ? LEAST_BLUR : LEAST);
  if (!row && ratio()) {
    const size = view();
    const asWide = size.width / size.height / ratio(); // per cent of the height for one of the width
    if (sides.width * asWide <= sides.height) sides.height = sides.width * asWide;
    else sides.width = sides.height / asWide;
  }
  return boxFrom(opposite, corner, sides);
}

function put(box) {
  if (held.row) {
    writeRow(held.row, box);
    draw();
  } else {
    writeCrop({ ...box, x: within(box.x, 0, 100 - box.width), y: within(box.y, 0, 100 - box.height) });
    drawMarks();
  }
}

// --- Fields and buttons ---

form.addEventListener("input", ({ target }) => {
  const recrops = ["shape", "turn", "straighten", "focus_x", "focus_y"].includes(target.name);
  if (recrops && (target.name === "shape" || ratio())) cropToShape();
  draw();
});

form.addEventListener("reset", () => {
  rows.replaceChildren();
  setTimeout(draw); // once the fields are as they were
});

document.getElementById("turn-right").addEventListener("click", () => {
  form.elements.turn.value = String((number("turn") + 90) % 360);
  if (ratio()) cropToShape();
  draw();
});

focusButton.addEventListener("click", () => focusButton.setAttribute("aria-pressed", String(!isFocusing())));

document.getElementById("add-blur").addEventListener("click", () => {
  const row = rowTemplate.content.firstElementChild.cloneNode(true);
  rows.append(row);
  const [x, y] = toSource(cropOf() ? [cropOf().x + cropOf().width / 2, cropOf().y + cropOf().height / 2] : [50, 50]);
  const aside = 4 * ((rows.childElementCount - 1) % 6); // not on top of the last one
  writeRow(row, { x: x - 10 + aside, y: y - 8 + aside, width: 20, height: 16 });
  said.textContent = said.dataset.added;
  row.querySelector("input").focus({ preventScroll: true });
  draw();
});

rows.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-remove]")) return;
  target.closest(".editor-blur").remove();
  document.getElementById("add-blur").focus({ preventScroll: true });
  draw();
});

// --- The beginning ---

function begin() {
  stage.replaceChildren(picture, marks);
  if (shape() && !cropOf()) cropToShape();
  draw();
}

if (source.complete && source.naturalWidth) begin();
else source.addEventListener("load", begin, { once: true });
