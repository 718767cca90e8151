// Findings of the leak check: marked in the text as one types, found by one tap, changed by another.
import { rangeOf } from "../lib/quotes.js";
import { form } from "./elements.js";
import { ignoreAnswersUpTo, onFound } from "./parts.js";
import { lastSent } from "./requests.js";
import { save } from "./save.js";

const layers = new Map(); // the marks that lie over each text area
const acknowledged = new Set();

onFound(() => {
  for (const box of form.querySelectorAll("[name=acknowledged]")) box.checked = acknowledged.has(box.value);
  paint();
});
form.addEventListener("change", ({ target }) => {
  if (target.name !== "acknowledged") return;
  if (target.checked) acknowledged.add(target.value);
  else acknowledged.delete(target.value);
});
form.addEventListener("input", paint);
form.addEventListener("click", (event) => {
  const { target } = event;
  if (target.closest("[data-find]")) select(target.closest("[data-leak]"));
  const way = target.closest("[data-way]");
  if (way && take(way)) event.preventDefault();
});
// The rich text editor stands when its module has run.
addEventListener("load", paint);
paint();

// --- Marks ---

function paint() {
  const found = new Map();
  for (const leak of form.querySelectorAll("[data-leak], [data-place]")) {
    const field = form.elements[leak.dataset.field];
    if (field?.matches("textarea:not([hidden])")) found.set(field, [...(found.get(field) || []), leak]);
  }
  for (const area of found.keys()) if (!layers.has(area)) layers.set(area, newLayer(area));
  for (const [area, layer] of layers) layer.replaceChildren(...pieces(area.value, found.get(area) || []));
  paintEditor();
}

function pieces(text, leaks) {
  const places = leaks
    .map(({ dataset }) => [placeOf(text, dataset.words, Number(dataset.start)), dataset.words.length])
    .filter(([at]) => at >= 0)
    .sort(([first], [second]) => first - second);
  const made = [];
  let end = 0;
  for (const [at, length] of places) {
    if (at < end) continue;
    made.push(text.slice(end, at), Object.assign(document.createElement("mark"), { textContent: text.slice(at, at + length) }));
    end = at + length;
  }
  return [...made, `${text.slice(end)}\n`];
}

// Returns where the words stand now, the nearest place to where they stood when the text was checked; -1 if nowhere.
function placeOf(text, words, start) {
  let best = -1;
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (best < 0 || Math.abs(at - start) < Math.abs(best - start)) best = at;
  }
  return best;
}

function newLayer(area) {
  const layer = Object.assign(document.createElement("div"), { className: "leak-marks", ariaHidden: "true" });
  area.after(layer);
  area.addEventListener("scroll", () => (layer.scrollTop = area.scrollTop));
  new ResizeObserver(() => fit(layer, area)).observe(area);
  fit(layer, area);
  return layer;
}

// Lays the marks where the browser breaks the area's lines.
function fit(layer, area) {
  const style = getComputedStyle(area);
  for (const name of ["font", "letterSpacing", "lineHeight", "padding", "borderWidth", "tabSize"]) layer.style[name] = style[name];
  const borders = area.offsetWidth - area.clientWidth > 4 ? parseFloat(style.borderLeftWidth) * 2 : area.offsetWidth - area.clientWidth;
  const sizes = { left: area.offsetLeft, top: area.offsetTop, width: area.clientWidth + borders, height: area.offsetHeight };
  for (const [name, value] of Object.entries(sizes)) layer.style[name] = `${value}px`;
  layer.scrollTop = area.scrollTop;
}

function paintEditor() {
  const editor = form.querySelector(".body-editor");
  if (!editor || !globalThis.Highlight) return;
  const seen = {};
  const ranges = [];
  for (const { dataset } of form.querySelectorAll("[data-leak][data-field=body], [data-place][data-field=body]")) {
    seen[dataset.words] = (seen[dataset.words] ?? -1) + 1;
    ranges.push(rangeOf(editor, dataset.words, seen[dataset.words]));
  }
  CSS.highlights.set("leak", new Highlight(...ranges.filter(Boolean)));
}

// --- One tap ---

function select(leak) {
  const { field: name, words, start } = leak.dataset;
  const field = form.elements[name];
  if (field.hidden) {
    const range = rangeOf(form.querySelector(".body-editor"), words);
    if (range) getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    return;
  }
  const at = placeOf(field.value, words, Number(start));
  field.focus();
  if (at >= 0) field.setSelectionRange(at, at + words.length);
}

// Changes the text here and now; returns false where the portal has to, as for formatted text.
function take(way) {
  const leak = way.closest("[data-leak]");
  const field = form.elements[leak.dataset.field];
  if (!field || field.hidden) return false;
  let changed = false;
  for (const [start, before, after] of JSON.parse(way.dataset.edits)) {
    const at = placeOf(field.value, before, start);
    if (at < 0) continue;
    field.setRangeText(after, at, at + before.length, "end");
    changed = true;
  }
  if (!changed) return false;
  const place = leak.closest(".said");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  leak.remove();
  const next = place.querySelector("[data-way]") || place;
  if (next === place) place.tabIndex = -1;
  next.focus();
  paint();
  ignoreAnswersUpTo(lastSent());
  save();
  return true;
}
