// Sends one small picture as a form. While the portal is at work on others, or starts again behind its proxy, it is asked
// again. After a lost line the picture goes up again as a whole: it is no larger than a piece of others.
const BUSY_TRIES = 6;
const AWAY = [502, 503, 504]; // the portal's, or its proxy's
const LINE_TRIES = 3; // after 2, 4 and 8 seconds: a refusal of too many bytes looks like a lost line, too

// Resolves to the status and the answer: 200 with `html`, or an `error` in words. `csrf` is asked before each try;
// `signal` ends it, with a status of 0.
export function sendPicture(file, options, tries = BUSY_TRIES) {
  const { url, csrf, onProgress, signal } = options;
  const body = new FormData();
  body.append("file", file);
  body.append("csrfmiddlewaretoken", csrf());
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("loadend", () => {
      if (signal.aborted) {
        resolve({ status: request.status, answer: request.response });
      } else if (request.status === 0 && !navigator.onLine) {
        online().then(() => sendPicture(file, options, tries).then(resolve));
      } else if (request.status === 0 && tries > BUSY_TRIES - LINE_TRIES) {
        const wait = 2000 * 2 ** (BUSY_TRIES - tries);
        setTimeout(() => sendPicture(file, options, tries - 1).then(resolve), wait);
      } else if (AWAY.includes(request.status) && tries) {
        const wait = 1000 * (request.getResponseHeader("Retry-After") || 5);
        setTimeout(() => sendPicture(file, options, tries - 1).then(resolve), wait);
      } else {
        resolve({ status: request.status, answer: request.response });
      }
    });
    signal.addEventListener("abort", () => request.abort(), { once: true });
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
