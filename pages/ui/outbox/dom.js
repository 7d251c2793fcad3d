// What the board and the Label page draw alike: an element, its text, a grade's colour.

/** An element with a class and a text. */
export function el(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Sets the text only when it differs, so that nothing is laid out again for nothing. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Which of the four grade colours (0 worst, 3 best) a place on a scale of `steps` grades takes. */
export function tone(place, steps) {
  return steps < 2 ? 3 : Math.round((place * 3) / (steps - 1));
}
