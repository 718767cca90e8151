// What htmx asks the portal for: an expired session, a lost connection, a refusal.
import { showToast } from "../lib/toast.js";

document.addEventListener("htmx:beforeSwap", (event) => {
  const login = document.body.dataset.login;
  const answer = event.detail.xhr.responseURL;
  // The sign-in page must never land inside a list: go there, and come back to this page.
  if (login && answer && new URL(answer).pathname === login) {
    event.detail.shouldSwap = false;
    location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
});
document.addEventListener("htmx:sendError", () => showToast("offline"));
document.addEventListener("htmx:timeout", () => showToast("offline"));
document.addEventListener("htmx:responseError", () => showToast("refused"));

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  showToast("passkey");
});

// What a page asks by itself waits while nobody looks at it: tabs that are left open cost nothing.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { headers } = event.detail.requestConfig;
  if (document.hidden && headers["X-By-Itself"]) event.preventDefault();
});
