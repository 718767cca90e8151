// The reason for a return keeps what was typed, also when the browser or the session ends before it was sent.
(function () {
  const reason = document.getElementById("id_reason");
  const revision = document.querySelector("#decision [name=revision]");
  if (!reason || !revision) return;
  const key = `return-${revision.value}`;

  if (!reason.value && sessionStorage.getItem(key)) {
    reason.value = sessionStorage.getItem(key);
    document.getElementById("return-box").open = true;
  }
  reason.addEventListener("input", () => sessionStorage.setItem(key, reason.value));

  // Whoever opens the box is about to write; the link in the page head leads to it too.
  const box = document.getElementById("return-box");
  box.addEventListener("toggle", () => box.open && reason.focus());
  document.querySelector('a[href="#id_reason"]').addEventListener("click", (event) => {
    event.preventDefault();
    box.open = true;
    reason.focus();
  });
})();
