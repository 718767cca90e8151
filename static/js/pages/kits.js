// The gaps' buttons put a gap where the cursor was last, without sending the form.
const form = document.querySelector("[data-kit-form]");
const texts = [...form.querySelectorAll("textarea[name=text], textarea[name^='text-'], input[name=title]")];
let last = form.elements.text;

for (const field of texts) {
  field.addEventListener("focus", () => { last = field; });
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-insert]");
  if (!button) return;
  event.preventDefault();
  last.setRangeText(button.dataset.insert, last.selectionStart, last.selectionEnd, "end");
  last.dispatchEvent(new Event("input", { bubbles: true }));
  last.focus();
});
