// Runs before the first paint, so that a dark screen never flashes white, and before anything can be pressed.
(function () {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    root.dataset.bsTheme = localStorage.getItem("theme") || (system.matches ? "dark" : "light");
  };
  const show = () => document.dispatchEvent(new CustomEvent("portal:theme"));
  const change = () => {
    apply();
    show();
  };
  root.classList.remove("no-js");
  apply();
  system.addEventListener("change", change);
  addEventListener("storage", change);
  // Paper is white.
  addEventListener("beforeprint", () => {
    root.dataset.bsTheme = "light";
    show();
  });
  addEventListener("afterprint", change);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    localStorage.setItem("theme", root.dataset.bsTheme === "dark" ? "light" : "dark");
    change();
  });

  // On a slow line the page can be pressed before its modules run: what they ask for first, a confirmation or a passkey,
  // would be skipped. Such a press does nothing.
  let early = true;
  addEventListener("DOMContentLoaded", () => (early = false));
  document.addEventListener("submit", (event) => {
    if (!early) return;
    const asks = event.submitter?.matches("[data-confirm], [data-confirm-from]");
    if (asks || event.target.dataset.passkey !== undefined) event.preventDefault();
  });
})();
