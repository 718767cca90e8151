// Parts of a page that somebody opens stay open for that person, on every page and computer: the portal keeps the part's
// name. Paper has no folds.
document.addEventListener("click", (event) => {
  const part = event.target.closest("summary")?.parentElement;
  if (!part?.dataset.fold || !document.body.dataset.folds) return;
  // The click comes before the change.
  const body = new URLSearchParams({ name: part.dataset.fold, open: part.open ? "" : "1" });
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  fetch(document.body.dataset.folds, { method: "POST", body, headers, keepalive: true }).catch(() => null);
});

addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("[data-fold]")) part.open = true;
});

// What is swapped by itself keeps open what somebody has opened, also before the portal has heard of it.
let opened = [];
document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("[data-fold][open]")].map((part) => part.dataset.fold);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const part of document.querySelectorAll("[data-fold]")) part.open ||= opened.includes(part.dataset.fold);
});
