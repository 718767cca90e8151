// The composer saves itself, uploads, and tells of others. Without this file the same form works by its buttons.
(function () {
  const form = document.getElementById("compose");
  const notices = document.getElementById("notices");
  const state = document.getElementById("save-state");
  const pictures = document.getElementById("pictures");
  const { autosave, presence, upload } = form.dataset;
  const QUIET = 1500; // ms without a keystroke before a save
  const POLL = 15_000;
  // Only a person's keys and fingers keep a session alive: an open page on an empty chair must not.
  const AWAKE = 5 * 60_000;

  let edits = "unsaved" in form.dataset ? 1 : 0; // changes since the page came
  let saved = 0; // how many of them the portal has
  let saving = null; // the save under way
  let timer = 0;
  let stopped = false; // a conflict waits for a person's decision
  let away = false; // signed out
  let failures = 0;
  let uploading = 0;
  let leaving = false;
  let active = Date.now();
  let counted = {}; // characters by channel when last saved

  const dirty = () => edits > saved;
  const tell = (name, time) => (state.textContent = state.dataset[name].replace("{time}", time || ""));
  const fragment = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  function mark() {
    edits += 1;
    if (away || stopped) return;
    tell("dirty");
    clearTimeout(timer);
    timer = setTimeout(save, QUIET);
  }

  // --- Saving ---------------------------------------------------------------------------------------------------------

  function save() {
    clearTimeout(timer);
    saving ??= send().finally(() => (saving = null));
    return saving;
  }

  async function send(again = false) {
    const these = edits;
    const body = new FormData(form);
    body.delete("files");
    tell("saving");
    let answer;
    try {
      answer = await fetch(autosave, { method: "POST", body, headers: { Accept: "application/json" } });
    } catch {
      return later();
    }
    if (answer.status === 401) return signedOut();
    // Signing in again changed the token that every form carries.
    if (answer.status === 403 && !again && (await look())) return send(true);
    if (answer.status >= 500 || answer.status === 403) return later();
    const told = await answer.json();
    failures = 0;
    showErrors(told.errors || {});
    if (answer.status === 409) {
      stopped = true;
      notices.querySelector("[data-conflict]")?.remove();
      notices.prepend(fragment(told.html));
      notices.firstElementChild.focus();
    }
    if (!answer.ok) return tell("wrong");
    form.elements.version.value = told.version;
    saved = these;
    counted = lengths();
    place(told.html);
    if (!dirty()) return tell("saved", told.saved);
    tell("dirty");
    clearTimeout(timer);
    timer = setTimeout(save, QUIET);
  }

  function later() {
    failures += 1;
    tell("offline");
    timer = setTimeout(save, Math.min(60_000, 2 ** failures * 2500));
  }

  function place(html) {
    for (const part of fragment(html).querySelectorAll("[data-part]")) {
      const here = form.querySelector(`[data-part="${part.dataset.part}"]`);
      // Untouched parts stay as they are: screen readers speak what changes, and an open "see more" stays open.
      if (here && here.innerHTML.trim() !== part.innerHTML.trim()) here.innerHTML = part.innerHTML;
    }
  }

  function showErrors(errors) {
    for (const old of document.querySelectorAll("[data-said]")) old.remove();
    for (const field of form.querySelectorAll(".is-invalid")) field.classList.remove("is-invalid");
    for (const [name, words] of Object.entries(errors)) {
      const list = document.createElement("ul");
      list.className = "field-errors";
      list.dataset.said = "";
      list.role = "alert";
      list.append(...words.map((word) => Object.assign(document.createElement("li"), { textContent: word })));
      const field = name && form.elements[name];
      if (field instanceof Element) {
        field.classList.add("is-invalid");
        field.after(list);
      } else {
        const box = fragment('<div class="alert alert-danger" data-said></div>').firstElementChild;
        box.append(list);
        notices.prepend(box);
      }
    }
  }

  form.addEventListener("input", (event) => event.target.name !== "files" && mark());

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (uploading || saving) {
      // Two saves at once would look like two editors.
      event.preventDefault();
      while (uploading || saving) await (saving || new Promise((go) => setTimeout(go, 200)));
      if (!stopped && !away) form.requestSubmit(button);
      return;
    }
    clearTimeout(timer);
    leaving = true;
  });
  addEventListener("pageshow", () => (leaving = false));
  addEventListener("beforeunload", (event) => {
    if (dirty() && !leaving) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && dirty() && !stopped && !away && "unsaved" in form.dataset === false) save();
  });

  // --- Signed out, and others ------------------------------------------------------------------------------------------

  function signedOut() {
    away = true;
    tell("dirty");
    if (!document.getElementById("signed-out-note")) {
      notices.prepend(document.getElementById("signed-out").content.cloneNode(true));
    }
    setTimeout(comeBack, 5000);
  }

  async function comeBack() {
    if (!away) return;
    if (document.hidden || !(await look())) return setTimeout(comeBack, 5000);
    away = false;
    document.getElementById("signed-out-note")?.remove();
    if (dirty()) save();
  }

  // True when the portal knows us; then the form has a fresh token.
  async function look() {
    let answer;
    try {
      answer = await fetch(presence, { headers: { Accept: "application/json" } });
    } catch {
      return false;
    }
    if (!answer.ok) return false;
    const told = await answer.json();
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = told.token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": told.token }));
    showCompany(told.others);
    return true;
  }

  function showCompany(names) {
    const shown = document.getElementById("company-note");
    if (!names.length) return shown?.remove();
    const note = shown || document.getElementById("company").content.cloneNode(true).firstElementChild;
    const words = note.querySelector("div");
    const sentence = (names.length > 1 ? words.dataset.wordsMany : words.dataset.wordsOne).replace("{names}", names.join(", "));
    if (words.textContent !== sentence) words.textContent = sentence;
    if (!shown) notices.append(note);
  }

  for (const kind of ["keydown", "pointerdown", "input"]) {
    document.addEventListener(kind, () => (active = Date.now()), { passive: true });
  }
  setInterval(() => {
    if (!document.hidden && !away && Date.now() - active < AWAKE) look();
  }, POLL);
  look();

  // --- Pictures -------------------------------------------------------------------------------------------------------

  const files = document.getElementById("files");
  files.addEventListener("change", async () => {
    const chosen = [...files.files];
    files.value = "";
    uploading += chosen.length;
    for (const file of chosen) {
      await sendPicture(file);
      uploading -= 1;
    }
  });

  function sendPicture(file) {
    const line = document.getElementById("upload-line").content.cloneNode(true).firstElementChild;
    line.querySelector("span").textContent = file.name;
    document.getElementById("uploads").append(line);
    const body = new FormData();
    body.append("file", file);
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", upload);
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        line.querySelector("progress").value = (100 * event.loaded) / event.total;
      });
      request.addEventListener("loadend", () => {
        const told = request.response;
        if (request.status === 200) {
          line.remove();
          if (!pictures.querySelector(`[data-picture="${told.picture}"]`)) {
            pictures.append(fragment(told.html));
            mark();
          }
        } else {
          if (request.status === 401) signedOut();
          line.classList.add("upload-failed");
          line.querySelector("progress").remove();
          line.append(told?.error || state.dataset.offline);
        }
        done();
      });
      request.send(body);
    });
  }

  pictures.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const picture = button.closest(".picture");
    if (button.dataset.move === "up") picture.previousElementSibling?.before(picture);
    if (button.dataset.move === "down") picture.nextElementSibling?.after(picture);
    if (button.dataset.move === "remove") {
      (picture.nextElementSibling || picture.previousElementSibling)?.querySelector("[data-move=remove]").focus();
      picture.remove();
    } else {
      button.focus();
    }
    mark();
  });

  // --- Counters between two saves; the portal's own count follows with the next one ------------------------------------

  const letters = (text) => [...text.normalize("NFC").trim()].length;

  function lengths() {
    const body = fragment(form.elements.body.value.replace(/<\/(p|h2|h3|li)>/g, "\n\n"));
    const common = letters(form.elements.title.value) + letters(body.textContent);
    const found = {};
    for (const box of form.querySelectorAll("[name=channels]")) {
      found[box.value] = letters(form.elements[`text-${box.value}`].value) || common;
    }
    return found;
  }

  form.addEventListener("input", () => {
    const now = lengths();
    for (const [key, length] of Object.entries(now)) {
      const count = form.querySelector(`[data-part="count-${key}"] .count`);
      if (!count) continue;
      const total = Number(count.dataset.count) + length - counted[key];
      count.querySelector("b").textContent = total.toLocaleString(document.documentElement.lang);
      count.classList.toggle("count-over", total > Number(count.dataset.limit));
    }
  });

  // --- Small things ---------------------------------------------------------------------------------------------------

  // A browser of another language shows 12/05: the words beside it leave no doubt.
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const inWords = new Intl.DateTimeFormat(language, {
    weekday: "long", day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit",
  });
  for (const input of form.querySelectorAll("[data-say-date]")) {
    const words = document.createElement("output");
    words.className = "said-date";
    words.htmlFor = input.id;
    input.after(words);
    const show = () => (words.textContent = input.value ? inWords.format(new Date(input.value)) : "");
    input.addEventListener("input", show);
    show();
  }

  for (const field of form.querySelectorAll(".own-text")) {
    const word = field.querySelector(".own-state");
    const show = () => (word.textContent = field.querySelector("textarea").value.trim() ? word.dataset.written : word.dataset.follows);
    field.addEventListener("input", show);
  }

  // A finding leads to its field, and opens what hides it.
  form.addEventListener("click", (event) => {
    const link = event.target.closest(".check-list a");
    const place = link && document.getElementById(link.hash.slice(1));
    if (!place) return;
    place.querySelector("details")?.setAttribute("open", "");
    const field = place.querySelector(".body-editor, input:not([type=hidden]), select, textarea");
    if (field) {
      event.preventDefault();
      place.scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
    }
  });

  // The editor fills the body when its module has run; only then can lengths be compared.
  addEventListener("load", () => (counted = lengths()));
  counted = lengths();
})();
