// A photo from a phone is made smaller before it goes up: the portal keeps no more than 2,048 pixels of a side.
const LONGEST = 2048; // pixels, as media/pictures.py
// WebP says the same in a third fewer bytes; a browser that cannot write it answers with another type.
const WRITTEN = [["image/webp", 0.8], ["image/jpeg", 0.85]];
const SMALL = 600_000; // bytes: not worth the work

// The same photo made smaller twice is the same file: so the portal knows the part that it has of it.
function renamed(smaller, { name, lastModified }) {
  return new File([smaller], name, { type: smaller.type, lastModified });
}

// Resolves to the smaller photo, or to the file itself where the browser cannot do it or it would gain nothing.
export async function shrink(file) {
  if (file.size <= SMALL || !/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const share = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * share);
    canvas.height = Math.round(picture.height * share);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff"; // a JPEG has no transparency
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const smaller = await write(canvas);
    return smaller && smaller.size < file.size ? renamed(smaller, file) : file;
  } catch {
    return file;
  }
}

async function write(canvas) {
  for (const [type, quality] of WRITTEN) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, quality));
    if (blob?.type === type) return blob;
  }
  return null;
}
