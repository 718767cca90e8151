// A passkey that was cancelled, or that this browser cannot use: said on the page instead of nowhere.
document.addEventListener("allauth.error", (event) => {
  const trouble = document.getElementById("passkey-trouble");
  if (!trouble) return;
  event.preventDefault();
  trouble.hidden = false;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
