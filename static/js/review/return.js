// The reason for a return. What was typed stays on this page alone: nothing of a draft is kept in a shared browser.
const box = document.getElementById("return-box");
const reason = document.getElementById("id_reason");
if (box && reason) {
  // Whoever opens the box is about to write; the link in the bar leads to it too. Its button stays in sight, above the bar.
  const write = () => {
    reason.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  };
  box.addEventListener("toggle", () => box.open && write());
  // With a reason written, the link does what the button of the same name below does.
  document.querySelector('a[href="#id_reason"]').addEventListener("click", (event) => {
    event.preventDefault();
    if (!box.open) box.open = true;
    else if (reason.value.trim()) reason.form.requestSubmit(box.querySelector("button[value=return]"));
    else write();
  });
}
