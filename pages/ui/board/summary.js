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

/** Builds the summary. Returns { node, help(), announce(text), paint(down, post) }. */
export function makeSummary(query, scale) {
  const node = el("div", "summary");
  node.dataset.qid = query.qid;
  const text = el("div", "query", query.text);
  text.dir = "auto";
  node.append(text);
  if (query.note) {
    const note = el("div", "note", query.note);
    note.dir = "auto";
    node.append(note);
  }
  const line = el("div", "line");
  const count = el("span", "count", "");
  const status = el("span", "status", "");
  const saving = el("span", "saving", "");
  saving.setAttribute("role", "status");
  const legend = el("span", "legend");
  legend.append(...scale.map(({ grade, label }) => el("span", "", `${grade} ${label}`)));
  const keys = el("button", "keys", "? keys");
  keys.type = "button";
  line.append(count, status, saving, legend, keys);
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
