// <select data-choices> becomes a searchable list; also inside fragments that htmx brings.
import { fold } from "../lib/fold.js";

document.addEventListener("DOMContentLoaded", () => start(document));
document.addEventListener("htmx:load", (event) => start(event.target));

function start(root) {
  for (const select of root.querySelectorAll("select[data-choices]:not(.tomselected)")) {
    select.ariaHidden = "true";
    new TomSelect(select, {
      plugins: select.multiple ? ["remove_button"] : ["dropdown_input"],
      maxOptions: 300,
      // Officers type without accents as often as with them.
      score(search) {
        const words = fold(search).split(/\s+/).filter(Boolean);
        return (item) => (words.every((word) => fold(item.text).includes(word)) ? 1 : 0);
      },
      render: { no_results: (_, escape) => `<div class="no-results">${escape(select.dataset.noResults || "–")}</div>` },
    });
  }
}
