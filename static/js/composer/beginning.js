// A new post: what leads elsewhere leaves with the first letter, and the post has its own address from its first save on.
import { form } from "./elements.js";
import { onSaved } from "./save.js";

const starters = form.querySelector("[data-when-empty]");

if (starters) {
  // With a keyboard one writes at once; on a phone the keyboard would cover what one may begin from.
  if (matchMedia("(hover: hover) and (min-width: 768px)").matches) document.getElementById("id_title").focus();
  form.addEventListener("input", () => (starters.hidden = true), { once: true });
  let isSaved = false;
  // A sheet has an entry of its own: the one below it takes the address when the sheet has closed.
  const takeAddress = () => {
    if (isSaved && location.pathname !== form.dataset.begun) history.replaceState(history.state, "", form.dataset.begun);
  };
  addEventListener("popstate", takeAddress);
  onSaved(() => {
    isSaved = true;
    takeAddress();
    for (const part of document.querySelectorAll("[data-when-saved]")) part.hidden = false;
  });
}
