// Pictures of the library, put into the post without another upload. The sheet stays open: one often takes several.
import { form, pictures } from "./elements.js";
import { addCard } from "./media.js";
import { showSignedOut } from "./presence.js";
import { openSheet } from "./sheets.js";

const sheet = document.getElementById("library");
const refused = document.getElementById("library-refused");

document.getElementById("open-library").addEventListener("click", () => {
  refused.textContent = "";
  openSheet(sheet);
  globalThis.htmx?.trigger(sheet.querySelector("[type=search]"), "show");
});

sheet.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-choose]");
  if (button && button.getAttribute("aria-pressed") === "false") choose(button);
});
// Those that the post shows already are marked.
sheet.addEventListener("htmx:afterSwap", () => {
  for (const button of sheet.querySelectorAll("button[data-choose]")) {
    const isShown = pictures.querySelector(`[data-picture="${button.dataset.choose}"]`);
    button.setAttribute("aria-pressed", Boolean(isShown));
  }
});

async function choose(button) {
  button.setAttribute("aria-busy", "true");
  refused.textContent = "";
  const { status, answer } = await ask(button.dataset.choose);
  button.removeAttribute("aria-busy");
  if (status === 200) {
    addCard(answer.html);
    button.setAttribute("aria-pressed", "true");
  } else {
    if (status === 401) showSignedOut();
    refused.textContent = answer?.error || sheet.dataset.failed;
  }
}

async function ask(media) {
  const body = new FormData();
  body.append("media", media);
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  const headers = { Accept: "application/json" };
  try {
    const response = await fetch(sheet.dataset.choose, { method: "POST", body, headers });
    return { status: response.status, answer: await response.json().catch(() => null) };
  } catch {
    return { status: 0, answer: null };
  }
}
