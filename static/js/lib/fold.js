// Returns the text in small letters without accents: officers type without them as often as with them.
export function fold(text) {
  const bare = text.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  return bare.replace(/[đĐ]/g, "d").toLowerCase();
}
