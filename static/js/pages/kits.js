// The gaps' buttons put a gap where the cursor was last, without sending the form.
const form = document.querySelector("[data-kit-form]");
const texts = [...form.querySelectorAll("textarea[name=text], textarea[name^='text-'], input[name=title]")];
let last = form.elements.text;

for (const field of texts) {
  field.addEventListener("focus", () => { last = field; });
}

// A new gap gets its name from the server, which puts it where the cursor is marked.
const newGap = form.querySelector("[data-new-gap]");
newGap.addEventListener("click", () => {
  if (form.elements.new_gap.value.trim()) last.setRangeText("{?}", last.selectionStart, last.selectionEnd, "end");
});
form.elements.new_gap.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  newGap.click();
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-insert]");
  if (!button) return;
  event.preventDefault();
  last.setRangeText(button.dataset.insert, last.selectionStart, last.selectionEnd, "end");
  last.dispatchEvent(new Event("input", { bubbles: true }));
  last.focus();
});
