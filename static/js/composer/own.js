// A channel's own text: begins as a copy of the common one, and gives way to it again.
import { form } from "./elements.js";
import { bodyText } from "./text.js";

for (const box of form.querySelectorAll("[data-own]")) {
  const area = box.querySelector("textarea");
  const write = box.querySelector("[data-write-own]");
  const setOwn = (isOwn) => box.classList.toggle("is-own", isOwn);
  setOwn(Boolean(area.value || box.querySelector(".field-errors")));
  write.addEventListener("click", () => {
    const title = "title" in box.dataset ? "" : form.elements.title.value.trim();
    fill(area, [title, bodyText().trim()].filter(Boolean).join("\n\n"));
    setOwn(true);
    area.focus();
  });
  box.querySelector("[data-use-common]").addEventListener("click", () => {
    fill(area, "");
    setOwn(false);
    write.focus();
  });
}

function fill(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
