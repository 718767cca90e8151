// Choosing a unit while typing, a user name made from the name, and fields that belong to a choice.
import { load } from "../lib/assets.js";
import { fold } from "../lib/fold.js";
import * as sealed from "../lib/sealed.js";

const loaded = new Promise((resolve) => addEventListener("load", resolve));

for (const input of document.querySelectorAll("input[data-unit-search]")) load("choices-assets").then(() => makeSearch(input));

function makeSearch(input) {
  input.ariaHidden = "true"; // its label moves to the list's own field
  new TomSelect(input, {
    maxItems: 1,
    delimiter: "\n", // a unit's label holds commas
    valueField: "label",
    labelField: "label",
    searchField: ["label", "code"],
    create: (typed) => ({ label: typed }), // typed words are understood by the server, too
    createOnBlur: true,
    persist: false,
    // The server has chosen already, without accents; what it found for other words is no answer to these.
    score: (words) => (unit) => (unit.found === words ? 1 : 0),
    shouldLoad: (words) => words.trim().length > 1,
    // A form that only chooses a unit sends itself, once one of the list is taken; what was merely typed waits for the button.
    onChange(label) {
      if ("code" in (this.options[label] || {}) && "chooseAtOnce" in input.form.dataset) input.form.requestSubmit();
    },
    load(words, show) {
      this.clearOptions(); // a unit that is known keeps the words and the place of its first search
      fetch(`${input.dataset.unitSearch}?q=${encodeURIComponent(words)}`)
        .then((answer) => answer.json())
        .then(({ units }) => show(units.map((unit) => ({ ...unit, found: words }))), () => show());
    },
    render: {
      option: (unit, escape) =>
        `<div>${escape(unit.label)} <span class="text-secondary">${escape(unit.code || "")}</span></div>`,
      option_create: (typed, escape) => `<div class="create">“${escape(typed.input)}”</div>`,
      no_results: null,
    },
  });
}

// The page comes again for another unit: what was typed in its other form goes along.
for (const scope of document.querySelectorAll("form[data-keeps]")) {
  const kept = document.querySelector(scope.dataset.keeps);
  const key = `typed:${location.pathname}`;
  if (sessionStorage.getItem(key)) {
    const typed = sealed.read(sessionStorage, key).finally(() => sessionStorage.removeItem(key));
    typed.then((text) => fill(kept, JSON.parse(text)), () => {});
  }
  scope.addEventListener("submit", () => {
    const typed = [...new FormData(kept)].filter(([name]) => name !== "csrfmiddlewaretoken");
    sealed.store(sessionStorage, key, JSON.stringify(typed));
  });
}

function fill(form, fields) {
  for (const [name, value] of fields) {
    const field = form.elements[name];
    const isOffered = field?.tagName !== "SELECT" || [...field.options].some((option) => option.value === value);
    if (field?.type === "checkbox") field.checked = true;
    else if (field && isOffered) field.value = value;
  }
  if (fields.length) loaded.then(() => form.dispatchEvent(new Event("change", { bubbles: true })));
}

for (const username of document.querySelectorAll("input[data-username-from]")) {
  // Only shown, not filled in: left empty, the server adds a number when the name is taken.
  const source = username.form.elements[username.dataset.usernameFrom];
  const show = () => {
    const bare = fold(source.value).replace(/[^a-z0-9\s]/g, "").trim();
    username.placeholder = bare.split(/\s+/).join(".");
  };
  source.addEventListener("input", show);
  show(); // of a form that came back, too
}

function showFields() {
  for (const part of document.querySelectorAll("[data-shown-for]")) {
    const chosen = document.querySelector("input[name=target]:checked");
    part.hidden = Boolean(chosen) && chosen.value !== part.dataset.shownFor;
  }
}
document.addEventListener("change", showFields);
showFields();
