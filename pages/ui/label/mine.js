// What this judge has graded: a dialog with a search field; a row leads back to its passage.
import { el, say, tone } from "../outbox/dom.js";
import { many } from "./words.js";

const PATIENCE_MS = 150; // from the last letter to the search

/** Above the list: how many there are, or match. */
export function foundWords({ words, total, rows }) {
  const what = words ? many(total, "passage matches", "passages match") : many(total, "passage", "passages");
  return rows.length < total ? `${what}. Shown: the newest ${rows.length.toLocaleString("en")}; search for the others.` : `${what}.`;
}

/** Returns { node, toggle(), paint(found) }. `find(words)` asks for what matches, `pick(row)` goes to one. */
export function makeMine(scale, find, pick, closed) {
  const node = el("dialog", "mine");
  node.setAttribute("aria-label", "What I graded");
  const field = el("input");
  field.type = "search";
  field.placeholder = "Search in queries, passages and notes";
  field.setAttribute("aria-label", field.placeholder);
  const count = el("p", "count", "");
  count.setAttribute("role", "status");
  const list = el("div", "rows");
  const close = el("button", "tool", "Close");
  close.type = "button";
  close.addEventListener("click", () => node.close());
  node.append(el("h2", "", "What I graded"), field, count, list, close);
  let timer = null;
  let shown = "";

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => find(field.value.trim()), PATIENCE_MS);
  });
  node.addEventListener("close", () => {
    clearTimeout(timer);
    closed();
  });
  node.addEventListener("click", (event) => event.target === node && node.close());
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") event.stopPropagation(); // Streamlit has keys of its own
  });

  function line(row) {
    const [, , , grade, note, , , query, passage] = row;
    const place = scale.findIndex((step) => step.grade === grade);
    const button = el("button", "row");
    button.type = "button";
    button.dataset.tone = place < 0 ? "" : String(tone(place, scale.length));
    const parts = [el("span", "chip", place < 0 ? "skipped" : `${scale[place].key} ${scale[place].name}`), el("span", "title", passage), el("span", "asked", query)];
    if (note) parts.push(el("span", "noted", `Note: ${note}`));
    for (const part of parts) part.dir = "auto";
    button.append(...parts);
    button.addEventListener("click", () => {
      node.close();
      pick(row);
    });
    return button;
  }

  return {
    node,
    get isOpen() {
      return node.open;
    },
    get words() {
      return field.value.trim();
    },
    toggle() {
      if (node.open) return node.close();
      shown = "";
      say(count, "Loading …");
      list.replaceChildren();
      node.showModal();
      field.focus();
      find(field.value.trim());
    },
    /** `found`: { words, total, rows }, or nothing new. An answer to other words is left out. */
    paint(found) {
      if (!node.open || !found || found.words !== field.value.trim()) return;
      const look = JSON.stringify(found);
      if (look === shown) return;
      shown = look;
      say(count, foundWords(found));
      list.replaceChildren(...found.rows.map(line));
    },
  };
}
