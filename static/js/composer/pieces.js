// Pieces of the library, put where the caret stands: in the common text, or in a channel's own.
import { form } from "./elements.js";
import { openSheet } from "./sheets.js";

const sheet = document.getElementById("pieces");
const visited = new WeakSet(); // in a text in which nobody was, a piece goes to the end
let area = form.elements.body;

form.addEventListener("focusin", ({ target }) => visited.add(target));
form.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-pieces]");
  if (!button) return;
  area = form.elements[button.dataset.pieces];
  openSheet(sheet, { above: true });
  globalThis.htmx?.trigger(sheet.querySelector("[type=search]"), "show");
});
// One stop for the Tab key with the button beside it; the arrow keys lead from one to the other.
const tools = document.querySelector(".body-head");
if (tools) document.getElementById("format-text").tabIndex = -1;
tools?.addEventListener("keydown", (event) => {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const buttons = [...tools.querySelectorAll(".js-only")].filter((each) => each.checkVisibility());
  buttons[(buttons.indexOf(document.activeElement) + 1) % buttons.length].focus();
});
sheet.addEventListener("click", ({ target }) => {
  const piece = target.closest("[data-insert]")?.closest("li");
  if (!piece) return;
  sheet.close();
  insert(piece.querySelector("[data-text]").textContent);
});

function insert(text) {
  // The rich text editor takes it where it runs.
  if (!area.dispatchEvent(new CustomEvent("piece", { detail: text, cancelable: true }))) return;
  const end = area.value.length;
  const [from, to] = visited.has(area) ? [area.selectionStart, area.selectionEnd] : [end, end];
  const ahead = area.value.slice(0, from);
  const rest = area.value.slice(to);
  const isNewLine = !ahead || ahead.endsWith("\n");
  // At the end of the text, or ahead of a line, it is a paragraph of its own.
  const before = !isNewLine && !rest ? "\n\n" : "";
  const after = isNewLine && rest && !rest.startsWith("\n") ? "\n\n" : "";
  area.setRangeText(before + text + after, from, to, "end");
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
