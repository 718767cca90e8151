// The page between the portal and a platform's consent dialog: goes on by itself where scripts run.
document.addEventListener("DOMContentLoaded", () => {
  const link = document.querySelector("a[data-follow]");
  if (link) location.replace(link.href);
});
