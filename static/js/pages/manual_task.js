// A task by hand: on phones that can, text and pictures go to the platform's app in one step.
document.addEventListener("DOMContentLoaded", async () => {
  const place = document.querySelector("[data-share]");
  const text = document.getElementById("hand-text");
  if (!place || !navigator.canShare) return;

  const load = async (link) => {
    const blob = await (await fetch(link.href)).blob();
    return new File([blob], `${link.download}.${blob.type === "image/png" ? "png" : "jpg"}`, { type: blob.type });
  };
  const links = [...document.querySelectorAll("[data-share-pictures] a[download]")];
  // Sharing must follow the tap at once, so the pictures are here before.
  const files = await Promise.all(links.map(load)).catch(() => []);
  if (!files.length || !navigator.canShare({ files })) return;

  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => {
    navigator.share({ files, text: text.value }).catch(() => {}); // the person changed their mind
  });
});
