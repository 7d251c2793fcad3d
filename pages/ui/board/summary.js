// The line above the columns: the query, how much is graded, what is not saved, and the help.
import { unsavedNotice } from "../outbox/events.js";
import { el, say } from "../outbox/dom.js";
import { keyHelp } from "./keys.js";

function helpDialog(scale) {
  const dialog = el("dialog", "help");
  dialog.setAttribute("aria-label", "Keys");
  dialog.append(el("h3", "", "Keys"));
  const list = el("dl");
  for (const [keys, meaning] of keyHelp(scale)) list.append(el("dt", "", keys), el("dd", "", meaning));
  const close = el("button", "close", "Close");
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  dialog.append(list, close);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  // Streamlit must not see keys meant for the dialog.
  dialog.addEventListener("keydown", (event) => event.key === "Escape" || event.stopPropagation());
  return dialog;
}

function graded(n, total) {
  const count = `${n.toLocaleString("en")} ${n === 1 ? "passage" : "passages"} graded`;
  return total === null ? count : `${count} · ${total.toLocaleString("en")} in all`;
}

/**
 * Builds the summary. Returns { node, help(), announce(text), paint(down, post), measure() }.
 * `more`: { shown: whether all figures are, toggle() -> whether they are now }.
 */
export function makeSummary(query, scale, more) {
  const node = el("div", "summary");
  node.dataset.qid = query.qid;
  const text = el("div", "query", query.text);
  text.dir = "auto";
  node.append(text);
  const note = query.note ? el("div", "note", query.note) : null;
  if (note) {
    note.dir = "auto";
    node.append(note);
  }
  const whole = el("button", "more", "Show all of the query");
  whole.type = "button";
  whole.hidden = true;
  whole.addEventListener("click", () => {
    const open = node.classList.toggle("whole");
    whole.textContent = open ? "Show less of the query" : "Show all of the query";
  });
  node.append(whole);
  const line = el("div", "line");
  const count = el("span", "count", "");
  const status = el("span", "status", "");
  const saving = el("span", "saving", "");
  saving.setAttribute("role", "status");
  const legend = el("span", "legend");
  legend.append(...scale.map(({ grade, label }) => el("span", "", `${grade} ${label}`)));
  const figures = el("button", "keys", "");
  figures.type = "button";
  const showMore = (shown) => {
    figures.textContent = shown ? "Fewer figures" : "More figures";
    figures.setAttribute("aria-pressed", String(shown));
  };
  showMore(more.shown);
  figures.addEventListener("click", () => showMore(more.toggle()));
  const keys = el("button", "keys", "? Keys");
  keys.type = "button";
  line.append(count, status, saving, legend, figures, keys);
  const live = el("div", "live");
  live.setAttribute("aria-live", "polite");
  const dialog = helpDialog(scale);
  node.append(line, live, dialog);
  const help = () => dialog.open || dialog.showModal();
  keys.addEventListener("click", help);

  return {
    node,
    help,
    announce: (words) => say(live, words),
    /** Offers the whole query only where some of it is cut off. */
    measure() {
      const cut = [text, note].some((part) => part && part.scrollHeight > part.clientHeight + 2);
      whole.hidden = !cut && !node.classList.contains("whole");
    },
    paint(down, post) {
      const { outbox: events, waited: waitedMs } = post;
      node.dataset.labels = String(down?.n ?? 0);
      node.dataset.pending = String(events.length);
      say(count, down ? graded(down.n, down.total) : "");
      say(status, down?.status ?? "");
      const notice = unsavedNotice(events, waitedMs, post.connected(), post.remarks);
      say(saving, notice || (events.length && waitedMs > 300 ? `saving ${events.length} …` : ""));
      saving.classList.toggle("late", notice !== "");
    },
  };
}
