// The preview of a channel, asked for when its tab or sheet opens, and again when what it shows has changed.
import { fragment } from "../lib/fragment.js";
import { form } from "./elements.js";
import { onSaved } from "./save.js";

let current = "";

export function showPreview(key) {
  current = key;
  return refresh();
}

onSaved(refresh);

async function refresh() {
  const box = form.querySelector(`[data-preview="${current}"]`);
  if (!box) return;
  // The address names what is shown, so that the browser keeps it.
  const address = form.querySelector(`[data-part="shown-${current}"]`).textContent.trim();
  if (box.dataset.shown === address) return;
  box.dataset.shown = address;
  let html = "";
  if (address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      box.dataset.shown = "";
      return;
    }
    html = await answer.text();
  }
  if (box.dataset.shown !== address) return;
  box.replaceChildren(fragment(html));
  // The tiles open the same pictures: who goes through the page by Tab meets each of them once.
  for (const link of box.querySelectorAll("a.shot")) link.tabIndex = -1;
}
