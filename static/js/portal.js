// What every page shares. Each part makes a page nicer; none is needed for its main job.
(function () {
  const byId = (id) => document.getElementById(id);

  // --- Speak to screen readers, and show toasts ---------------------------------------------------------------------

  function say(text) {
    byId("live").textContent = text;
  }

  function mind(toast) {
    say(toast.querySelector("p").textContent);
    // Good news leaves by itself, unless somebody is reading it; bad news waits to be closed.
    if (!["success", "info"].includes(toast.dataset.level)) return;
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, 8000);
  }

  function toast(name) {
    const element = byId(`toast-${name}`).content.firstElementChild.cloneNode(true);
    byId("toasts").append(element);
  }

  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".portal-toast, .alert")?.remove();
  });

  // --- Ask before what cannot be taken back: data-confirm on a button, hx-confirm on anything ------------------------

  function ask(question, { title, label, tone }) {
    const dialog = byId("confirm");
    const heading = byId("confirm-title");
    const yes = byId("confirm-yes");
    heading.textContent = title || heading.dataset.default;
    byId("confirm-text").textContent = question;
    yes.textContent = label || yes.dataset.default;
    yes.className = `btn btn-${tone || "primary"}`;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((answer) => {
      dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
    });
  }

  const words = (element) => ({
    title: element.dataset.confirmTitle,
    label: element.dataset.confirmLabel || element.textContent.trim(),
    tone: element.classList.contains("btn-danger") || element.classList.contains("btn-outline-danger") ? "danger" : "",
  });

  let agreed = null;
  document.addEventListener(
    "click",
    async (event) => {
      const button = event.target.closest("button[data-confirm]");
      if (!button || button === agreed) return;
      event.preventDefault();
      event.stopPropagation();
      if (button.form && !button.formNoValidate && !button.form.reportValidity()) return;
      if (!(await ask(button.dataset.confirm, words(button)))) return button.focus();
      agreed = button;
      button.click();
      agreed = null;
    },
    true,
  );

  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await ask(event.detail.question, words(event.detail.elt))) event.detail.issueRequest(true);
  });

  // --- A second, impatient press sends nothing twice ------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.ariaBusy === "true") return event.preventDefault();
    form.ariaBusy = "true";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy=true]")) form.ariaBusy = null;
  });

  // --- Filters and selections ----------------------------------------------------------------------------------------

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.closest("form[data-autosubmit]")) target.form.requestSubmit();
    if (target.dataset.checkAll !== undefined) {
      for (const box of document.querySelectorAll(target.dataset.checkAll)) box.checked = target.checked;
    }
    for (const place of document.querySelectorAll("[data-count-checked]")) {
      const count = document.querySelectorAll(`${place.dataset.countChecked}:checked`).length;
      place.textContent = count;
      place.closest("[data-bulk]")?.toggleAttribute("hidden", !count);
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    toast("copied");
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (!button) return;
    const input = document.querySelector(button.dataset.reveal);
    input.type = input.type === "password" ? "text" : "password";
    button.ariaPressed = String(input.type === "text");
  });

  // --- htmx: an expired session, a lost line, a refusal --------------------------------------------------------------

  document.addEventListener("htmx:beforeSwap", (event) => {
    const login = document.body.dataset.login;
    const answer = event.detail.xhr.responseURL;
    // The sign-in page must never land inside a list: go there, and come back to this page.
    if (login && answer && new URL(answer).pathname === login) {
      event.detail.shouldSwap = false;
      location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
    }
  });
  document.addEventListener("htmx:sendError", () => toast("offline"));
  document.addEventListener("htmx:timeout", () => toast("offline"));
  document.addEventListener("htmx:responseError", () => toast("refused"));

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    toast("passkey");
  });

  document.addEventListener("DOMContentLoaded", () => {
    const toasts = byId("toasts");
    for (const element of toasts.children) mind(element);
    new MutationObserver((changes) => {
      for (const change of changes) for (const node of change.addedNodes) if (node.matches?.(".portal-toast")) mind(node);
    }).observe(toasts, { childList: true });
    document.querySelector("[data-form-errors]")?.focus();
  });

  window.portal = Object.assign(window.portal || {}, { say, toast, ask });
})();
