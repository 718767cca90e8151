// What the scanners find in pictures: a state beside each tile that changes by itself, and the sheet of findings.
import { watchBoxes } from "../lib/boxes.js";
import { fragment } from "../lib/fragment.js";
import { form, pictures } from "./elements.js";
import { conflict, markEdited, onSaved, save } from "./save.js";
import { openSheet } from "./sheets.js";

const FIRST_WAIT = 1500; // ms; a quarter of a second more each time
const LONGEST_WAIT = 10_000;
const MOST_LOOKS = 120; // since a picture came or went: some 15 minutes

const sheet = document.getElementById("findings-sheet");
const body = document.getElementById("findings-body");
let timer = 0;
let looks = 0;

watchBoxes(body);
new MutationObserver(begin).observe(pictures, { childList: true });
onSaved(schedule);
begin();

// --- The states ---

function begin() {
  looks = 0;
  schedule();
}

function unchecked() {
  return [...pictures.querySelectorAll("[data-scan-open]")].map(({ dataset }) => dataset.scan);
}

function schedule() {
  clearTimeout(timer);
  if (!unchecked().length || looks >= MOST_LOOKS) return;
  timer = setTimeout(look, Math.min(LONGEST_WAIT, FIRST_WAIT + 250 * looks));
}

async function look() {
  looks += 1;
  const answer = await ask(unchecked());
  let hasEnded = false;
  for (const [key, { html, is_over: isOver }] of Object.entries(answer)) {
    const part = pictures.querySelector(`[data-part="scans-${key}"]`);
    if (part && part.innerHTML.trim() !== html.trim()) part.replaceChildren(fragment(html));
    hasEnded ||= isOver;
  }
  // What was found stands in the list of findings after that.
  if (hasEnded && !conflict) await save();
  schedule();
}

async function ask(keys) {
  const query = new URLSearchParams(keys.map((key) => ["media", key]));
  try {
    const response = await fetch(`${form.dataset.scans}?${query}`, { headers: { Accept: "application/json" } });
    return response.ok && !response.redirected ? await response.json() : {};
  } catch {
    return {};
  }
}

// --- The sheet ---

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-findings]");
  if (!button || !globalThis.htmx) return;
  event.preventDefault();
  const query = new URLSearchParams({ post: form.dataset.post, card: 1 });
  body.replaceChildren();
  openSheet(sheet, { above: true });
  globalThis.htmx.ajax("GET", `${button.dataset.findings}?${query}`, { target: "#findings-body", swap: "innerHTML" });
});

body.addEventListener("htmx:afterSwap", () => {
  for (const template of body.querySelectorAll("template[data-replaces]")) {
    replace(template.dataset.replaces, template.innerHTML);
    template.remove();
  }
  const gone = body.querySelector("template[data-removes]");
  if (gone) remove(gone.dataset);
});
sheet.addEventListener("close", () => unchecked().length || save());

function tileOf(key) {
  return pictures.querySelector(`[data-picture="${key}"]`);
}

// The new picture takes the place of the old one, with what was written about that.
function replace(key, html) {
  const old = tileOf(key);
  const tile = fragment(html).querySelector(".picture");
  if (!old || tileOf(tile.dataset.picture)) return;
  for (const area of tile.querySelectorAll("textarea")) {
    const kind = area.name.split("-", 1)[0];
    area.value = old.querySelector(`textarea[name^="${kind}-"]`)?.value ?? area.value;
  }
  tile.dataset.chosen = old.dataset.chosen || 0;
  old.replaceWith(tile);
  markEdited();
  save();
}

// A video that was being made is there: the portal has put it into the draft already.
onSaved(({ videos = {} }) => {
  for (const [key, html] of Object.entries(videos)) {
    const tile = fragment(html).querySelector(".picture");
    const old = tileOf(key);
    if (!old || tileOf(tile.dataset.picture)) continue;
    tile.dataset.chosen = old.dataset.chosen || 0;
    old.replaceWith(tile);
  }
});

function remove({ removes, version }) {
  const { version: field } = form.elements;
  // The portal took it out of the stored draft by itself.
  if (Number(field.value) === Number(version) - 1) field.value = version;
  tileOf(removes)?.remove();
  markEdited();
  save();
}
