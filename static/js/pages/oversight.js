// Rows change while somebody types or filters; the links around them must follow the address that htmx then shows.
document.addEventListener("htmx:pushedIntoHistory", () => {
  for (const link of document.querySelectorAll("[data-sets]")) {
    const sets = new URLSearchParams(link.dataset.sets);
    const wanted = new URLSearchParams(location.search);
    wanted.delete("page");
    for (const [name, value] of sets) wanted.set(name, value);
    link.search = wanted;
    if (!sets.has("from")) continue;
    const current = ["from", "to"].every((name) => sets.get(name) === new URLSearchParams(location.search).get(name));
    link.classList.toggle("btn-primary", current);
  }
});

document.addEventListener("click", (event) => {
  // Where charts are, pages/dashboard.js draws all of them first.
  if (event.target.closest("[data-print]") && !document.querySelector("[data-chart]")) print();
});
