// The reason for a return. What was typed stays on this page alone: nothing of a draft is kept in a shared browser.
const box = document.getElementById("return-box");
const reason = document.getElementById("id_reason");
if (box && reason) {
  // Whoever opens the box is about to write; the link in the page head leads to it too.
  box.addEventListener("toggle", () => box.open && reason.focus());
  document.querySelector('a[href="#id_reason"]').addEventListener("click", (event) => {
    event.preventDefault();
    box.open = true;
    reason.focus();
  });
}
