// Commented words are marked in the text, and lead to their thread and back.
// Whoever marks words in a preview can comment on them: a button takes them into the form of the discussion.
import { patternOf, rangeOf, wrap } from "../lib/quotes.js";

const LONGEST = 500; // characters, as the form takes
const AHEAD = 60; // so many before them tell one of two equal places from the other
let marked = null;

document.addEventListener("selectionchange", () => {
  const button = document.querySelector("[data-take-quote]");
  if (!button) return;
  marked = markedWords() ?? (document.activeElement === button ? marked : null);
  button.hidden = !marked;
});

// Not on click: a tap takes the mark away before it.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest("[data-take-quote]")) take(event);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-take-quote]")) take(event);
});

function markedWords() {
  const selection = getSelection();
  const quote = selection.toString().trim();
  if (!quote || quote.length > LONGEST) return null;
  const range = selection.getRangeAt(0);
  const start = range.startContainer;
  const preview = (start.nodeType === Node.TEXT_NODE ? start.parentElement : start).closest?.(".preview");
  if (!preview?.contains(range.endContainer)) return null;
  const ahead = document.createRange();
  ahead.setStart(preview, 0);
  ahead.setEnd(range.startContainer, range.startOffset);
  return { quote, before: ahead.toString().slice(-AHEAD) };
}

function take(event) {
  event.preventDefault();
  if (!marked) return;
  const form = document.querySelector("#new-remark form");
  form.elements.quote.value = marked.quote;
  form.elements.before.value = marked.before;
  for (const fold of [form.closest("details"), form.querySelector(".about-part")]) fold.open = true;
  form.elements.text.focus();
  event.target.closest("[data-take-quote]").hidden = true;
  marked = null;
}

// --- The marks ---

const areaOfText = () => document.querySelector("#compose [name=body]");

const marksOf = (thread) => [...document.querySelectorAll(`a.commented[href="#${thread.id}"]`)];

function markAll() {
  for (const quote of document.querySelectorAll(".thread[open] [data-quote]")) {
    const thread = quote.closest(".thread");
    for (const preview of document.querySelectorAll(".preview")) markIn(preview, thread, quote);
    const button = thread.querySelector("[data-to-words]");
    if (button) button.hidden = !(marksOf(thread).length || areaOfText());
  }
}

function markIn(preview, thread, quote) {
  if (preview.querySelector(`a.commented[href="#${thread.id}"]`)) return;
  const range = rangeOf(preview, quote.textContent, Number(quote.dataset.occurrence));
  if (!range) return;
  wrap(range, () => Object.assign(document.createElement("a"), { className: "commented", href: `#${thread.id}` }));
}

document.addEventListener("click", (event) => {
  const mark = event.target.closest("a.commented");
  if (mark) {
    event.preventDefault();
    showThread(document.querySelector(mark.getAttribute("href")));
  }
  const button = event.target.closest("[data-to-words]");
  if (button) showWords(button.closest(".thread"));
});

function showThread(thread) {
  const drawer = document.getElementById("talk");
  if (drawer && !drawer.matches(":popover-open")) drawer.showPopover();
  thread.open = true;
  thread.scrollIntoView({ block: "center" });
  thread.querySelector("summary").focus({ preventScroll: true });
}

function showWords(thread) {
  if (areaOfText() && selectInText(thread.querySelector("[data-quote]"))) return;
  const marks = marksOf(thread);
  const mark = marks.find((each) => each.checkVisibility()) || marks[0];
  if (!mark) return;
  for (let box = mark.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  mark.scrollIntoView({ block: "center" });
  mark.focus({ preventScroll: true });
}

// Selects the words in the composer's own text, which takes no marks. Returns whether they stand there.
function selectInText(quote) {
  const rich = document.querySelector(".body-editor");
  const area = areaOfText();
  const range = rich && rangeOf(rich, quote.textContent, Number(quote.dataset.occurrence));
  const [place] = rich ? [] : area.value.matchAll(patternOf(quote.textContent));
  if (!range && !place) return false;
  if (matchMedia("(max-width: 991.98px)").matches) document.getElementById("talk")?.hidePopover();
  if (range) {
    rich.focus();
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    range.startContainer.parentElement.scrollIntoView({ block: "center" });
  } else {
    area.focus();
    area.setSelectionRange(place.index, place.index + place[0].length);
  }
  return true;
}

document.addEventListener("htmx:afterSettle", markAll);
markAll();
