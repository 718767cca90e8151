// Runs before the first paint, so that a dark screen never flashes white.
(function () {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    root.dataset.bsTheme = localStorage.getItem("theme") || (system.matches ? "dark" : "light");
  };
  root.classList.remove("no-js");
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    localStorage.setItem("theme", root.dataset.bsTheme === "dark" ? "light" : "dark");
    apply();
    document.dispatchEvent(new CustomEvent("portal:theme"));
  });
})();
