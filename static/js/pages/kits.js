// The buttons insert a placeholder where the cursor was last, without sending the form.
const form = document.querySelector("[data-kit-form]");
const texts = [...form.querySelectorAll("textarea[name=text], textarea[name^='text-'], input[name=title]")];
let last = form.elements.text;

for (const field of texts) {
  field.addEventListener("focus", () => { last = field; });
}

// A new placeholder gets its name from the server, which puts it where the cursor is marked.
const newPlaceholder = form.querySelector("[data-new-placeholder]");
newPlaceholder.addEventListener("click", () => {
  if (form.elements.new_placeholder.value.trim()) last.setRangeText("{?}", last.selectionStart, last.selectionEnd, "end");
});
form.elements.new_placeholder.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  newPlaceholder.click();
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-insert]");
  if (!button) return;
  event.preventDefault();
  last.setRangeText(button.dataset.insert, last.selectionStart, last.selectionEnd, "end");
  last.dispatchEvent(new Event("input", { bubbles: true }));
  last.focus();
});
