// Sends one picture as a form. While the portal is at work on others it says so, and is asked again.
const BUSY_TRIES = 6;

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
      if (request.status === 503 && tries) {
        const wait = 1000 * (request.getResponseHeader("Retry-After") || 5);
        setTimeout(() => sendPicture(file, { url, csrf, onProgress }, tries - 1).then(resolve), wait);
      } else {
        resolve({ status: request.status, answer: request.response });
      }
    });
    request.send(body);
  });
}

// Not every system knows the type of a MOV; what a file is, the portal finds out by its content.
export function isVideo(file) {
  return file.type.startsWith("video/") || /\.(mp4|m4v|mov|webm)$/i.test(file.name);
}
