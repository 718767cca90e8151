// Opens what was found in a picture over the page; without this module its link leads to a page of its own.
import { watchBoxes } from "../lib/boxes.js";

const sheet = document.getElementById("findings-sheet");
let hasChanged = false;

if (sheet && globalThis.htmx) {
  const body = sheet.querySelector("#findings-body");
  watchBoxes(body);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-findings]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    body.replaceChildren();
    sheet.showModal();
    globalThis.htmx.ajax("GET", link.href, { target: "#findings-body", swap: "innerHTML" });
  });
  body.addEventListener("htmx:afterRequest", ({ detail }) => {
    hasChanged ||= detail.requestConfig.verb === "post" && detail.successful;
  });
  sheet.addEventListener("click", ({ target }) => target.closest("[data-close-findings]") && sheet.close());
  // The page tells who let what stand.
  sheet.addEventListener("close", () => hasChanged && location.reload());
}
