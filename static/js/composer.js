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
  let counted = {}; // text by channel when last saved

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
    for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
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
    counted = texts();
    place(told.html);
    showOptions();
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

  form.addEventListener("input", (event) => event.target.type !== "file" && mark());

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

  // --- Pictures and videos --------------------------------------------------------------------------------------------

  const files = document.getElementById("files");
  files.addEventListener("change", async () => {
    const chosen = [...files.files];
    files.value = "";
    uploading += chosen.length;
    for (const file of chosen) {
      await (isVideo(file) && window.uploadVideo ? sendVideo(file) : sendPicture(file));
      uploading -= 1;
    }
  });

  // Not every system knows the type of a MOV; what a file is, the portal finds out by its content.
  const isVideo = (file) => file.type.startsWith("video/") || /\.(mp4|m4v|mov|webm)$/i.test(file.name);

  function newLine(file) {
    const line = document.getElementById("upload-line").content.cloneNode(true).firstElementChild;
    line.querySelector("span").textContent = file.name;
    document.getElementById("uploads").append(line);
    return line;
  }

  function addCard(html) {
    const card = fragment(html).querySelector(".picture");
    if (pictures.querySelector(`[data-picture="${card.dataset.picture}"]`)) return;
    pictures.append(card);
    mark();
  }

  function failed(line, words) {
    line.classList.add("upload-failed");
    line.querySelector("progress")?.remove();
    line.append(words || state.dataset.offline);
  }

  function sendPicture(file) {
    const line = newLine(file);
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
          addCard(told.html);
        } else {
          if (request.status === 401) signedOut();
          failed(line, told?.error);
        }
        done();
      });
      request.send(body);
    });
  }

  // In pieces that survive a broken line: see uploads.js.
  function sendVideo(file) {
    const line = newLine(file);
    return new Promise((done) => {
      window.uploadVideo(file, {
        line,
        url: form.dataset.uploadVideo,
        csrf: () => form.elements.csrfmiddlewaretoken.value,
        onProgress: (share) => (line.querySelector("progress").value = 100 * share),
        onDone(html) {
          line.remove();
          addCard(html);
          done();
        },
        onError(words) {
          failed(line, words);
          done();
        },
      });
    });
  }

  // A file of captions becomes text in the field, where it is seen, saved and checked like what is typed.
  pictures.addEventListener("change", async (event) => {
    const input = event.target;
    if (!input.dataset.captions || !input.files.length) return;
    const [file] = input.files;
    const field = document.getElementById(input.dataset.captions);
    if (file.size > 100_000) {
      showErrors({ [field.name]: [document.getElementById("too-large-captions").content.textContent] });
      input.value = "";
      return;
    }
    const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const wide = { 255254: "utf-16le", 254255: "utf-16be" }[`${start[0]}${start[1]}`];
    field.value = new TextDecoder(wide || "utf-8").decode(await file.arrayBuffer());
    input.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  pictures.addEventListener("input", (event) => {
    if (!event.target.matches(".captions-text")) return;
    const word = event.target.closest(".captions").querySelector(".own-state");
    word.textContent = event.target.value.trim() ? word.dataset.written : word.dataset.none;
  });

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

  const bytes = new TextEncoder();
  const LENGTHS = {
    characters: (text) => [...text].length,
    bytes: (text) => bytes.encode(text).length,
    utf16: (text) => text.length,
    emoji: (text) => [...text].reduce((sum, letter) => sum + (letter > "\uffff" ? 4 : 1), 0),
  };

  // The text of each channel, near enough to see how its length changes.
  function texts() {
    const body = fragment(form.elements.body.value.replace(/<\/(p|h2|h3|li)>/g, "\n\n"));
    const common = `${form.elements.title.value.trim()}${body.textContent.trim()}`.normalize("NFC");
    const found = {};
    for (const box of form.querySelectorAll("[name=channels]")) {
      found[box.value] = form.elements[`text-${box.value}`].value.trim().normalize("NFC") || common;
    }
    return found;
  }

  form.addEventListener("input", () => {
    for (const [key, text] of Object.entries(texts())) {
      const count = form.querySelector(`[data-part="count-${key}"] .count[data-unit]`);
      if (!count) continue;
      const length = LENGTHS[count.dataset.unit];
      const total = Number(count.dataset.count) + length(text) - length(counted[key]);
      count.querySelector("b").textContent = total.toLocaleString(document.documentElement.lang);
      count.classList.toggle("count-over", total > Number(count.dataset.limit));
    }
  });

  // --- Formats and their options ----------------------------------------------------------------------------------------

  // Only what the format of the moment asks for is shown; for "what fits best" the portal says which one that is.
  function showOptions() {
    for (const channel of form.querySelectorAll(".channel")) {
      const chosen = channel.querySelector("input[name^=format-]:checked")?.value;
      const kind = chosen || channel.querySelector("[data-kind]")?.dataset.kind;
      for (const option of channel.querySelectorAll("[data-kinds]")) {
        option.hidden = Boolean(kind) && !option.dataset.kinds.split(" ").includes(kind);
      }
    }
  }
  form.addEventListener("change", (event) => event.target.name?.startsWith("format-") && showOptions());

  // What the page's own settings leave: the rest cannot be chosen, and what was chosen of it is taken back.
  document.addEventListener("htmx:afterSettle", (event) => {
    const said = event.target.querySelector?.("[data-left]");
    if (!said) return;
    let changed = false;
    for (const [name, values] of Object.entries(JSON.parse(said.dataset.left))) {
      for (const option of event.target.closest(".channel").querySelectorAll(`[data-option="${name}"]`)) {
        const box = option.querySelector("input[type=checkbox]");
        const menu = option.querySelector("select");
        if (box && !values.length) {
          changed ||= box.checked;
          box.checked = false;
          box.disabled = true;
        }
        for (const choice of menu?.options || []) {
          if (!choice.value || values.includes(choice.value)) continue;
          changed ||= choice.selected;
          if (choice.selected) menu.value = "";
          choice.disabled = true;
        }
      }
    }
    if (changed) mark();
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

  for (const field of form.querySelectorAll(".own-text:not(.kind-box)")) {
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
    place.closest("details")?.setAttribute("open", "");
    const field = place.querySelector(".body-editor, input:not([type=hidden]), select, textarea");
    if (field) {
      event.preventDefault();
      place.scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
    }
  });

  // The editor fills the body when its module has run; only then can lengths be compared.
  addEventListener("load", () => (counted = texts()));
  counted = texts();
  showOptions();
})();
