// Ctrl+K finds pages, posts, people and units; "?" shows the keys. The links to both are pages where scripts are off.
import { isMac, isTyping, onKey } from "../lib/keys.js";

const palette = document.getElementById("palette");
const sheet = document.getElementById("key-sheet");

// Where one has to set something up first, the frame leads nowhere.
if (palette && !document.body.classList.contains("only-this")) start();

function start() {
  const words = document.getElementById("palette-words");
  onKey("Ctrl+K", () => open(palette));
  onKey("?", () => open(sheet));
  document.addEventListener("click", openByLink);
  for (const dialog of [palette, sheet]) dialog.addEventListener("click", closeByClick);
  palette.addEventListener("keydown", walk);
  words.form.addEventListener("submit", openFirst);
  document.addEventListener("htmx:afterSwap", afterSwap);
  showCommandKey(document);
}

function open(dialog) {
  // A second dialog over another would give the focus back to the wrong place.
  if (document.querySelector("dialog[open]")) return;
  for (const popover of document.querySelectorAll(":popover-open")) popover.hidePopover();
  dialog.showModal();
  if (dialog === palette) document.getElementById("palette-words").select();
  for (const part of dialog.querySelectorAll("[hx-get]")) part.dispatchEvent(new Event("palette-opened"));
}

function openByLink(event) {
  const link = event.target.closest("a[data-open=palette], a[data-open=key-sheet]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(document.getElementById(link.dataset.open));
}

function closeByClick({ target, currentTarget }) {
  if (target === currentTarget || target.closest("[data-close-palette]")) currentTarget.close();
}

// The arrows go from the field through the matches and back; a letter goes on typing.
function walk(event) {
  if (event.isComposing || event.keyCode === 229) return;
  const words = document.getElementById("palette-words");
  const stops = [words, ...palette.querySelectorAll(".palette-match")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(document.activeElement);
  if (step && at >= 0) {
    event.preventDefault();
    stops[(at + step + stops.length) % stops.length].focus();
  } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
    words.focus();
  }
}

// Enter opens the first match of what is typed; while it is not there yet, the page of the search answers.
function openFirst(event) {
  const matches = palette.querySelector(".palette-matches");
  const typed = event.target.elements.q.value;
  const first = matches?.dataset.words === typed && typed && matches.querySelector(".palette-match");
  if (!first) return;
  event.preventDefault();
  first.click();
}

function afterSwap({ target }) {
  if (target.id === "palette-found") {
    document.getElementById("palette-count").textContent = target.querySelector("[data-count]").textContent;
  }
  if (sheet.contains(target)) showCommandKey(sheet);
}

function showCommandKey(place) {
  if (!isMac) return;
  for (const key of place.querySelectorAll("[data-command]")) key.textContent = "⌘";
}
