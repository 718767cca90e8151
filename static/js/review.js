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

  // Whoever opens the box is about to write.
  document.getElementById("return-box").addEventListener("toggle", (event) => {
    if (event.target.open) reason.focus();
  });
})();
