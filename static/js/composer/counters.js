// Counters between two saves; the portal's own count follows with the next one.
import { form } from "./elements.js";
import { onSaved } from "./save.js";
import { bodyText } from "./text.js";

const encoder = new TextEncoder();
const LENGTHS = {
  characters: (text) => [...text].length,
  bytes: (text) => encoder.encode(text).length,
  utf16: (text) => text.length,
  emoji: (text) => [...text].reduce((sum, letter) => sum + (letter > "\uffff" ? 4 : 1), 0),
};

const NEAR = 0.8; // from here on it is told how the platform counts, as in the template
let counted = textByChannel(); // when the portal counted last

form.addEventListener("input", () => {
  for (const [channel, text] of Object.entries(textByChannel())) {
    const counter = form.querySelector(`[data-part="count-${channel}"] .count[data-unit]`);
    if (!counter) continue;
    const length = LENGTHS[counter.dataset.unit];
    const total = Number(counter.dataset.count) + length(text) - length(counted[channel]);
    counter.querySelector("b").textContent = total.toLocaleString(document.documentElement.lang);
    counter.classList.toggle("count-over", total > Number(counter.dataset.limit));
    counter.querySelector(".count-how").hidden = total < NEAR * Number(counter.dataset.limit);
  }
});

onSaved(remember);
// The editor fills the body when its module has run; only then can lengths be compared.
addEventListener("load", remember);

function remember() {
  counted = textByChannel();
}

// Returns the text of each channel, near enough to see how its length changes.
function textByChannel() {
  const common = `${form.elements.title.value.trim()}${bodyText().trim()}`.normalize("NFC");
  const texts = {};
  for (const box of form.querySelectorAll("[name=channels]")) {
    texts[box.value] = form.elements[`text-${box.value}`].value.trim().normalize("NFC") || common;
  }
  return texts;
}
