// Toasts: short messages at the edge of the screen, which screen readers speak as well.

const list = () => document.getElementById("toasts");

// Shows a copy of the page's <template id="toast-NAME">, with its own words or with those given.
export function showToast(name, text) {
  const toast = document.getElementById(`toast-${name}`).content.firstElementChild.cloneNode(true);
  if (text !== undefined) toast.querySelector("p").textContent = text;
  list().append(toast);
}

// Speaks every toast that comes into the page, whoever put it there, and removes it in time.
export function watchToasts() {
  for (const toast of list().children) attend(toast);
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.matches?.(".portal-toast")) attend(node);
    }
  });
  observer.observe(list(), { childList: true });
}

function attend(toast) {
  // The same words twice say no more than once: a search typed and sent is refused twice.
  for (const other of [...toast.parentElement.children]) {
    const same = other.dataset.level === toast.dataset.level && other.innerText === toast.innerText;
    if (other !== toast && same) other.remove();
  }
  document.getElementById("live").textContent = toast.querySelector("p").textContent;
  // Good news leaves by itself, unless somebody is reading it; bad news waits to be closed.
  // What can be taken back waits, too: nobody shall have to hurry.
  if (["success", "info"].includes(toast.dataset.level) && !toast.querySelector("form")) setTimeout(removeUnread, 8000, toast);
}

function removeUnread(toast) {
  if (toast.matches(":hover, :focus-within")) setTimeout(removeUnread, 2000, toast);
  else toast.remove();
}
