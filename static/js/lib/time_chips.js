// Chips of free slots (components/time_chips.html): one click fills in the fields that the chip names.
import { fill, inputs } from "./moments.js";

export function fillOnClick(place) {
  place.addEventListener("click", (event) => {
    const chip = event.target.closest("a[data-fill]");
    if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const times = Object.entries(JSON.parse(chip.dataset.fill));
    if (times.some(([name]) => !inputs(name)[0])) return; // the link leads to a page that has them all
    event.preventDefault();
    for (const [name, value] of times) {
      fill(name, value);
      const folded = inputs(name)[0].closest("details");
      if (folded) folded.open = true;
    }
    inputs(times[0][0])[0].focus();
  });
}
