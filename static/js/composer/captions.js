// A file of captions becomes text in the field, where it is seen, saved and checked like what is typed.
import { pictures } from "./elements.js";
import { showErrors } from "./errors.js";

const LARGEST = 100_000; // bytes

pictures.addEventListener("change", async ({ target: input }) => {
  if (!input.dataset.captions || !input.files.length) return;
  const [file] = input.files;
  const field = document.getElementById(input.dataset.captions);
  if (file.size > LARGEST) {
    showErrors({ [field.name]: [document.getElementById("too-large-captions").content.textContent] });
    input.value = "";
    return;
  }
  field.value = await decode(file);
  input.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

// Reads the two bytes by which Windows marks UTF-16; everything else is UTF-8.
async function decode(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const encoding = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()] || "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

pictures.addEventListener("input", ({ target: field }) => {
  if (!field.matches(".captions-text")) return;
  const note = field.closest(".captions").querySelector(".own-state");
  note.textContent = field.value.trim() ? note.dataset.written : note.dataset.none;
});

pictures.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-insert-time]");
  if (!button) return;
  const field = document.getElementById(button.dataset.insertTime);
  const seconds = Math.floor(button.closest("[data-sheet]").querySelector("video").currentTime);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const line = field.value.slice(0, field.selectionStart).split("\n").pop();
  field.setRangeText(line.trim() ? `${time} ` : `${time} – `, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
