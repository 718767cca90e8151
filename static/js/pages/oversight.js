// Rows change while somebody types or filters; the links around them must follow the address that htmx then shows.
document.addEventListener("htmx:pushedIntoHistory", () => {
  for (const link of document.querySelectorAll("[data-sets]")) {
    const wanted = new URLSearchParams(location.search);
    wanted.delete("page");
    for (const [name, value] of new URLSearchParams(link.dataset.sets)) wanted.set(name, value);
    link.search = wanted;
    if (!wanted.has("from")) continue;
    const current = ["from", "to"].every((name) => wanted.get(name) === new URLSearchParams(location.search).get(name));
    link.classList.toggle("btn-primary", current || link.dataset.sets.startsWith("format"));
  }
});
