// Asks before what cannot be taken back: data-confirm on a button, hx-confirm on anything.
//
// data-confirm-title is the question and data-confirm what one should know; alone, data-confirm is the question.
// Where the words change with the form, data-confirm-from and data-confirm-title-from name the elements that hold them.
// data-confirm-when is a selector that the form must match, or nothing is asked. data-confirm-filled names fields without which the
// server refuses the form: while one is empty nobody is asked, and the answer names it.
import { askInDialog } from "../lib/dialog.js";
import { showToast } from "../lib/toast.js";

let agreed = null; // the button that the person has just agreed to

document.addEventListener("click", confirmButton, true);
document.addEventListener("htmx:confirm", confirmRequest);

async function confirmButton(event) {
  const button = event.target.closest("button[data-confirm], button[data-confirm-from]");
  if (!button || button === agreed) return;
  const form = button.form;
  if (button.dataset.confirmWhen && !form.matches(button.dataset.confirmWhen)) return;
  if (button.dataset.confirmFilled && isEmpty(form, button.dataset.confirmFilled.split(" "))) return;
  event.preventDefault();
  event.stopPropagation();
  if (form && !form.noValidate && !button.formNoValidate && !form.reportValidity()) return;
  if (!(await askInDialog(wordsOf(button, "confirm"), optionsOf(button)))) {
    button.focus();
    return;
  }
  agreed = button;
  submit(button, form);
  agreed = null;
}

function isEmpty(form, names) {
  return names.some((name) => form.elements[name] && !form.elements[name].value.trim());
}

async function confirmRequest(event) {
  const { question, elt, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  if (await askInDialog(question, optionsOf(elt))) issueRequest(true);
}

function wordsOf(element, name) {
  return element.dataset[name] || document.getElementById(element.dataset[`${name}From`])?.innerText.trim();
}

function optionsOf(element) {
  return {
    title: wordsOf(element, "confirmTitle"),
    label: element.dataset.confirmLabel || element.innerText.trim(),
    look: element.matches(".btn-danger, .btn-outline-danger") ? "btn-danger" : "btn-primary",
  };
}

// The page may have changed while the dialog was open: without the button its form is sent with what the button says.
function submit(button, form) {
  if (button.isConnected) {
    button.click();
  } else if (form?.isConnected) {
    const copy = button.cloneNode();
    copy.hidden = true;
    form.append(copy);
    form.requestSubmit(copy);
    copy.remove();
  } else {
    showToast("unsent");
  }
}
