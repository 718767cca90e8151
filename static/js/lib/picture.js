// Sends one picture as a form. While the portal is at work on others it says so, and is asked again. A picture is drawn
// small before it is sent: after a lost line it goes up again as a whole, unlike a video.
const BUSY_TRIES = 6;
const LINE_TRIES = 3; // after 2, 4 and 8 seconds: a refusal of too many bytes looks like a lost line, too

// Resolves to the status and the answer: 200 with `html`, or an `error` in words. `csrf` is asked before each try.
export function sendPicture(file, { url, csrf, onProgress }, tries = BUSY_TRIES) {
  const body = new FormData();
  body.append("file", file);
  body.append("csrfmiddlewaretoken", csrf());
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("loadend", () => {
      if (request.status === 0 && !navigator.onLine) {
        online().then(() => sendPicture(file, { url, csrf, onProgress }, tries).then(resolve));
      } else if (request.status === 0 && tries > BUSY_TRIES - LINE_TRIES) {
        const wait = 2000 * 2 ** (BUSY_TRIES - tries);
        setTimeout(() => sendPicture(file, { url, csrf, onProgress }, tries - 1).then(resolve), wait);
      } else if (request.status === 503 && tries) {
        const wait = 1000 * (request.getResponseHeader("Retry-After") || 5);
        setTimeout(() => sendPicture(file, { url, csrf, onProgress }, tries - 1).then(resolve), wait);
      } else {
        resolve({ status: request.status, answer: request.response });
      }
    });
    request.send(body);
  });
}

function online() {
  return new Promise((resolve) => addEventListener("online", resolve, { once: true }));
}

// Not every system knows the type of a MOV; what a file is, the portal finds out by its content.
export function isVideo(file) {
  return file.type.startsWith("video/") || /\.(mp4|m4v|mov|webm)$/i.test(file.name);
}
