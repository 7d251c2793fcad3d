// The keyboard of the Label page. r and c are Streamlit's own (rerun, clear the cache) and stay free.

const NAMED = {
  ArrowLeft: "back", ArrowRight: "forth", ArrowUp: "up", ArrowDown: "down", PageUp: "pageUp", PageDown: "pageDown",
  u: "undo", s: "skip", n: "note", g: "guide", l: "list", m: "mine", "?": "help",
};
const ONCE = new Set(["undo", "skip", "note", "guide", "list", "mine", "help"]);
const TEXT = ":is(input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable])";
const FIELDS = "dialog, [role='dialog'], [role='listbox'], [role='combobox'], [role='slider'], [role='radiogroup'], [role='tablist']";

/** The grade that a key stands for on this scale, else undefined. A digit row that needs Shift (AZERTY) works as well. */
export function gradeOf(event, scale) {
  const digit = /^[0-9]$/.test(event.key) ? event.key : /^Digit([0-9])$/.exec(event.shiftKey ? "" : (event.code ?? ""))?.[1];
  return scale.find(({ key }) => key === digit)?.grade;
}

/** What a key means: { act, grade? }, or null where it is not ours. */
export function meaning(event, scale) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  const grade = gradeOf(event, scale);
  if (grade !== undefined) return event.repeat ? { act: "nothing" } : { act: "grade", grade };
  const act = Object.hasOwn(NAMED, event.key) ? NAMED[event.key] : undefined;
  if (act === undefined) return null;
  return event.repeat && ONCE.has(act) ? { act: "nothing" } : { act };
}

/** Listens on the whole page, so that nobody has to click first; fields, menus and dialogs keep their keys. */
export function listenEverywhere(scale, run) {
  function pressed(event) {
    const from = event.composedPath()[0];
    if (event.defaultPrevented || from?.closest?.(TEXT) || from?.closest?.(FIELDS)) return;
    const said = meaning(event, scale());
    if (!said) return;
    event.preventDefault();
    event.stopPropagation();
    run(said.act, said.grade, event);
  }
  document.addEventListener("keydown", pressed, true);
  return () => document.removeEventListener("keydown", pressed, true);
}
