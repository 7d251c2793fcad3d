// The note field. What is typed is kept in this tab at every key, so that a reload in the middle of a word loses nothing.
import { el } from "../outbox/dom.js";

const DRAFT = "rerank-lens.draft";

/** The draft that an earlier load of this tab left, taken out: { outbox_key, qid, docid, text }, or null. */
export function takeDraft() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
    sessionStorage.removeItem(DRAFT);
    const whole = draft && ["outbox_key", "qid", "docid", "text"].every((name) => typeof draft[name] === "string");
    return whole ? draft : null;
  } catch {
    return null; // storage is forbidden here, or holds something else
  }
}

function keepDraft(draft) {
  try {
    if (draft) sessionStorage.setItem(DRAFT, JSON.stringify(draft));
    else sessionStorage.removeItem(DRAFT);
  } catch {
    // as above: the note lives as long as the field
  }
}

/**
 * Returns { node, isOpen, open(address, text), close() }. Closing tells `written(address, text)` when the text has
 * changed, then `closed()`; Enter and Esc close, Shift+Enter is a new line, leaving the field closes it as well.
 */
export function makeNote(longest, written, closed) {
  const node = el("div", "note-field");
  node.hidden = true;
  const label = el("label", "", "Your note on this passage");
  const field = el("textarea");
  field.id = "note";
  field.rows = 2;
  field.maxLength = longest;
  field.dir = "auto";
  label.htmlFor = field.id;
  node.append(label, field, el("span", "hint", "Enter or Esc closes and keeps it. Shift+Enter: a new line."));
  let address = null;
  let before = "";

  const note = {
    node,
    get isOpen() {
      return address !== null;
    },
    open(to, text) {
      note.close();
      address = to;
      before = text;
      field.value = text;
      node.hidden = false;
      field.focus();
    },
    close() {
      if (address === null) return;
      const typed = field.value.trim();
      const [to, text] = [address, typed.toWellFormed?.() ?? typed]; // half a sign cannot be stored
      address = null;
      node.hidden = true;
      keepDraft(null);
      if (text !== before) written(to, text);
      closed();
    },
  };
  field.addEventListener("input", () => keepDraft({ ...address, text: field.value }));
  field.addEventListener("blur", note.close);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Streamlit has keys of its own
    if (event.isComposing || (event.key !== "Escape" && (event.key !== "Enter" || event.shiftKey))) return;
    event.preventDefault();
    note.close();
  });
  return note;
}
