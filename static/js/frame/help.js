// The guide of a page opens in a panel beside it. Where scripts are off, the link is a page of its own.
const panel = document.getElementById("help");
let opener;

if (panel && !document.body.classList.contains("only-this")) start();

function start() {
  document.addEventListener("click", openByLink);
  panel.addEventListener("click", followLink);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  panel.querySelector("[data-close-help]").addEventListener("click", close);
  panel.addEventListener("htmx:afterSwap", () => {
    panel.scrollTop = 0;
    panel.querySelector("h2")?.focus();
  });
}

function openByLink(event) {
  const link = event.target.closest("a[data-open=help]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (panel.matches(":popover-open")) return close();
  opener = link;
  for (const popover of document.querySelectorAll(":popover-open")) popover.hidePopover();
  panel.showPopover();
  // Into the panel at once: Escape closes it also where the guide does not come.
  panel.querySelector("[data-close-help]").focus();
  load(link.href);
}

// Guides follow each other within the panel; other links leave the page.
function followLink(event) {
  const link = event.target.closest("#help-text a[href]");
  if (!link || !new URL(link.href).pathname.startsWith("/help/") || link.href.endsWith(".pdf")) return;
  event.preventDefault();
  load(link.href);
}

function load(address) {
  globalThis.htmx.ajax("GET", address, { target: "#help-text", swap: "innerHTML" });
}

function close() {
  panel.hidePopover();
  // A link in a menu is gone with it.
  (opener?.checkVisibility() ? opener : document.getElementById("main")).focus();
}
