// Words of a text, found again in the nodes of a page however its lines are broken.

const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// Returns what finds the words of a quote, which is not empty, whatever blanks stand between them.
export const patternOf = (quote) => new RegExp(quote.trim().split(/\s+/).map(escaped).join("\\s+"), "g");

// Returns the range of the occurrence-th place (from 0) of the quote, or of the last one before that; null where there is none.
export function rangeOf(root, quote, occurrence = 0) {
  const nodes = textNodes(root);
  const text = nodes.map((node) => node.data).join("");
  const places = [...text.matchAll(patternOf(quote))];
  const place = places[Math.min(occurrence, places.length - 1)];
  if (!place) return null;
  const range = document.createRange();
  const [first, from] = nodeAt(nodes, place.index);
  const [last, to] = nodeAt(nodes, place.index + place[0].length - 1);
  range.setStart(first, from);
  range.setEnd(last, to + 1);
  return range;
}

// Puts an element of its own, made by the function, around each piece of text in the range; returns them.
export function wrap(range, make) {
  const { startContainer: first, startOffset: from, endContainer: last, endOffset: to } = range;
  const made = [];
  for (const node of textNodes(range.commonAncestorContainer)) {
    if (!range.intersectsNode(node)) continue;
    const start = node === first ? from : 0;
    const end = node === last ? to : node.length;
    if (!node.data.slice(start, end).trim()) continue;
    const piece = start ? node.splitText(start) : node;
    if (end - start < piece.length) piece.splitText(end - start);
    const element = make();
    piece.replaceWith(element);
    element.append(piece);
    made.push(element);
  }
  return made;
}

function textNodes(root) {
  if (root.nodeType === Node.TEXT_NODE) return [root];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}

function nodeAt(nodes, index) {
  let left = index;
  for (const node of nodes) {
    if (left < node.length) return [node, left];
    left -= node.length;
  }
  return [nodes.at(-1), nodes.at(-1).length - 1];
}
