// The keyboard of the board. r and c are Streamlit's own (rerun, clear the cache) and stay free.

const MOVES = { ArrowUp: "up", k: "up", ArrowDown: "down", j: "down", ArrowLeft: "left", ArrowRight: "right" };
const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** What is shown by "?": [keys, meaning]. */
export function keyHelp(scale) {
  return [
    ...scale.filter(({ grade }) => grade >= 0 && grade <= 9).map(({ grade, label }) => [String(grade), `grade the passage: ${label}`]),
    ["↑ ↓ or k j", "previous and next passage"],
    ["← →", "the same passage in the next column"],
    ["i", "why here? Inspect the passage in this column"],
    ["u", "undo the last grade of this query, repeatedly"],
    ["?", "show these keys"],
    ["Esc", "close"],
  ];
}

/**
 * Calls actions.move(direction), .grade(grade), .undo(), .why() or .help() for a key; returns a function that stops listening.
 * Keys with a modifier and keys typed into a field are left alone; a held key moves on, but grades and undoes once.
 */
export function listen(node, scale, actions) {
  function pressed(event) {
    const from = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (TYPING.has(from?.tagName) || from?.isContentEditable) return;
    // in a column's menu, keys belong to the menu
    if (from?.closest?.(".menu") && event.key !== "?") return;
    const step = scale.find(({ grade }) => String(grade) === event.key);
    let act = null;
    if (Object.hasOwn(MOVES, event.key)) act = () => actions.move(MOVES[event.key]);
    else if (step) act = () => event.repeat || actions.grade(step.grade);
    else if (event.key === "u") act = () => event.repeat || actions.undo();
    else if (event.key === "i") act = () => event.repeat || actions.why();
    else if (event.key === "?") act = actions.help;
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
  node.addEventListener("keydown", pressed);
  return () => node.removeEventListener("keydown", pressed);
}
