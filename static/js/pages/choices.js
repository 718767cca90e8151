// <select data-choices> becomes a searchable list; also inside fragments that htmx brings. Most pages with filters have none.
import { load } from "../lib/assets.js";
import { fold } from "../lib/fold.js";

document.addEventListener("DOMContentLoaded", () => start(document));
document.addEventListener("htmx:load", (event) => start(event.target));

async function start(root) {
  const selects = () => root.querySelectorAll("select[data-choices]:not(.tomselected)");
  if (selects().length === 0) return;
  await load("choices-assets");
  for (const select of selects()) {
    select.ariaHidden = "true";
    new TomSelect(select, {
      plugins: select.multiple ? { remove_button: { title: select.dataset.remove } } : ["dropdown_input"],
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
