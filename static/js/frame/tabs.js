// A row of tabs that is wider than the screen shows the current one.
function showCurrent() {
  for (const row of document.querySelectorAll("[data-show-current]")) {
    const current = row.querySelector("[aria-current]");
    if (current) row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
  }
}

document.addEventListener("DOMContentLoaded", showCurrent);
document.addEventListener("htmx:afterSettle", showCurrent);
