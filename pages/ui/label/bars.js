// The line of progress on top, the tools below the grades, what was done last, and the help.
import { el, say } from "../outbox/dom.js";
import { unsavedNotice } from "../outbox/events.js";
import { keyHelp } from "./words.js";

const TOOLS = [
  ["back", "←", "Back"], ["forth", "→", "Next"], ["undo", "u", "Undo"], ["skip", "s", "Skip"], ["note", "n", "Note"],
  ["guide", "g", "Guide"], ["list", "l", "List"], ["mine", "m", "What I graded"], ["help", "?", "Keys"],
];

/** Returns { node, paint(parts, counts, standing) }. */
export function makeProgress() {
  const node = el("div", "progress");
  const bar = el("div", "bar");
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", "Graded so far");
  const filled = el("div", "filled");
  bar.append(filled);
  const line = el("p", "counts", "");
  const standing = el("p", "standing", "");
  node.append(bar, line, standing);
  return {
    node,
    paint(parts, counts, sentences) {
      const all = counts.done + counts.left + counts.skipped;
      const share = all ? counts.done / all : 0;
      filled.style.width = `${100 * share}%`;
      bar.setAttribute("aria-valuemin", "0");
      bar.setAttribute("aria-valuemax", String(all));
      bar.setAttribute("aria-valuenow", String(counts.done));
      say(line, parts.join(" · "));
      say(standing, sentences.join(" "));
      standing.hidden = !sentences.length;
      node.dataset.done = String(counts.done);
      node.dataset.left = String(counts.left);
      node.dataset.skipped = String(counts.skipped);
    },
  };
}

/** What was done last, and whether it is safe. Returns { node, paint(last, post) }. */
export function makeLast() {
  const node = el("p", "last");
  const what = el("span", "what", "");
  const saving = el("span", "saving", "");
  what.dir = "auto";
  saving.setAttribute("role", "status");
  node.append(what, saving);
  return {
    node,
    paint(last, post) {
      const { outbox: events, waited: waitedMs } = post;
      node.dataset.pending = String(events.length);
      say(what, last);
      const notice = unsavedNotice(events, waitedMs, post.connected(), post.remarks);
      say(saving, notice || (events.length ? (waitedMs > 300 ? "saving …" : "") : last ? "✓ saved" : ""));
      saving.classList.toggle("late", notice !== "");
      what.classList.toggle("pending", events.length > 0);
    },
  };
}

/** Returns { node, paint(pressed) }; `run` is called with the name of the tool. */
export function makeTools(run) {
  const node = el("div", "tools");
  node.setAttribute("role", "toolbar");
  node.setAttribute("aria-label", "Tools");
  const buttons = new Map(
    TOOLS.map(([act, key, name]) => {
      const button = el("button", "tool");
      button.type = "button";
      button.dataset.act = act;
      button.append(el("kbd", "", key), el("span", "", name));
      button.addEventListener("click", () => run(act));
      node.append(button);
      return [act, button];
    }),
  );
  return {
    node,
    /** `pressed`: { list, guide, note } as booleans. */
    paint(pressed) {
      for (const [act, on] of Object.entries(pressed)) buttons.get(act).setAttribute("aria-pressed", String(on));
    },
  };
}

/** The dialog with the keys. Returns { node, toggle() }. */
export function makeHelp(scale, closed) {
  const node = el("dialog", "help");
  node.setAttribute("aria-label", "Keys");
  const list = el("dl");
  for (const [key, words] of keyHelp(scale)) {
    const name = el("dt");
    name.append(el("kbd", "", key));
    list.append(name, el("dd", "", words));
  }
  const close = el("button", "tool", "Close");
  close.type = "button";
  close.addEventListener("click", () => node.close());
  node.append(el("h2", "", "Keys"), list, close);
  node.addEventListener("close", closed);
  node.addEventListener("click", (event) => event.target === node && node.close());
  node.addEventListener("keydown", (event) => {
    if (event.key === "?") node.close();
    if (event.key !== "Escape") event.stopPropagation(); // Streamlit must not see keys meant for the dialog
  });
  return { node, toggle: () => (node.open ? node.close() : node.showModal()) };
}
