// What is read: the query on top, below it one passage or all of the query's. All text is set as text.
import { el, say, tone } from "../outbox/dom.js";
import { ofQuery, pairOf } from "./tape.js";

function foreign(tag, name, text) {
  const node = el(tag, name, text);
  node.dir = "auto";
  return node;
}

/** The query and what the person wants. Returns { node, show(qid, query) }: it lights up when the query changes. */
export function makeQuestion() {
  const node = el("header", "question");
  const text = foreign("h1", "", "");
  const note = foreign("p", "intent", "");
  node.append(text, note);
  let shown = null;
  return {
    node,
    show(qid, query) {
      say(text, query?.text ?? "");
      say(note, query?.note ?? "");
      note.hidden = !query?.note;
      if (shown !== null && shown !== qid) {
        node.classList.remove("fresh");
        void node.offsetWidth; // the animation begins again
        node.classList.add("fresh");
      }
      shown = qid;
    },
  };
}

function fill(node, doc, heading) {
  if (!doc) {
    node.replaceChildren(el("p", "coming", "Loading this passage …"));
    return;
  }
  const parts = [];
  if (doc.title) parts.push(foreign(heading, "title", doc.title));
  parts.push(foreign("div", "text", doc.text));
  node.replaceChildren(...parts);
}

/** One passage. Returns { node, show(view) }; view: { at, doc, facts }. */
function makeOne() {
  const node = el("article", "passage");
  node.tabIndex = 0;
  const facts = el("p", "facts", "");
  const body = el("div", "body");
  node.append(facts, body);
  let shown = null;
  return {
    node,
    show({ at, doc, facts: words }) {
      say(facts, words);
      facts.hidden = !words;
      node.setAttribute("aria-label", doc?.title ? `Passage: ${doc.title}` : "Passage");
      node.dataset.key = at;
      const look = `${at}|${Boolean(doc)}`;
      if (shown === look) return;
      shown = look;
      fill(body, doc, "h2");
      node.scrollTop = 0;
    },
  };
}

function row(key, place, doc, pick) {
  const node = el("article", "item");
  node.dataset.key = key;
  const chip = el("span", "chip", "");
  const body = el("div", "body");
  fill(body, doc, "h3");
  body.prepend(chip);
  node.append(el("span", "number", String(place + 1)), body);
  node.addEventListener("click", () => pick(key));
  return { node, chip, whole: Boolean(doc) };
}

/** All known passages of the query. Returns { node, show(view) }; view: { at, tape, marks, texts, scale }. */
function makeList(pick) {
  const node = el("div", "list");
  node.tabIndex = 0;
  node.setAttribute("aria-label", "The passages of this query");
  node.setAttribute("role", "group");
  let rows = new Map();

  function build(keys, texts) {
    const before = rows;
    rows = new Map(keys.map((key, place) => [key, row(key, place, texts.get(pairOf(key).docid), pick)]));
    if (before.size !== rows.size || keys.some((key) => !before.has(key))) node.scrollTop = 0;
    node.replaceChildren(...[...rows.values()].map((one) => one.node));
  }

  return {
    node,
    show({ at, tape, marks, texts, scale, moved }) {
      const keys = ofQuery(tape, pairOf(at).qid);
      const same = keys.length === rows.size && [...rows.keys()].every((key, place) => key === keys[place]);
      const arrived = keys.some((key) => texts.has(pairOf(key).docid) !== rows.get(key)?.whole);
      if (!same || arrived) build(keys, texts);
      for (const [key, { node: one, chip }] of rows) {
        const mark = marks.get(key);
        const place = scale.findIndex((step) => step.grade === mark?.grade);
        const words = place >= 0 ? `${scale[place].key} ${scale[place].name}` : mark?.skipped ? "skipped" : "";
        say(chip, words);
        one.dataset.tone = place < 0 ? "" : String(tone(place, scale.length));
        one.classList.toggle("at", key === at);
        if (key === at) one.setAttribute("aria-current", "true");
        else one.removeAttribute("aria-current");
      }
      if (moved || !same || arrived) rows.get(at)?.node.scrollIntoView({ block: "nearest" });
    },
  };
}

/** All of a list, whatever of it is scrolled into sight. */
function listed(node) {
  const top = node.getBoundingClientRect().top - node.scrollTop;
  return { top, bottom: top + node.scrollHeight, height: node.scrollHeight };
}

/** Both ways to read. Returns { node, rest, show(view, asList), scroll(pixels), page(direction), box(), focus(), … }. */
export function makeStage(pick) {
  const node = el("div", "stage");
  const one = makeOne();
  const list = makeList(pick);
  const rest = el("div", "rest");
  rest.tabIndex = -1;
  node.append(one.node, list.node, rest);
  const readers = [one.node, list.node, rest];
  let now = one.node;

  function only(shown) {
    const focused = readers.includes(node.getRootNode().activeElement);
    for (const reader of readers) reader.hidden = reader !== shown;
    const changed = now !== shown;
    now = shown;
    if (changed && focused) shown.focus({ preventScroll: true });
  }

  function scrolls() {
    return getComputedStyle(now).overflowY !== "visible";
  }

  function scroller() {
    return scrolls() ? now : (document.querySelector("[data-testid='stMain']") ?? document.scrollingElement);
  }

  return {
    node,
    rest,
    show(view, asList) {
      only(view.at === null ? rest : asList ? list.node : one.node);
      if (view.at !== null) (asList ? list : one).show(view);
    },
    scroll: (pixels) => scroller().scrollBy({ top: pixels }),
    page: (direction) => scroller().scrollBy({ top: direction * Math.min(now.clientHeight, window.innerHeight * 0.5) * 0.9 }),
    /** Whether the passage scrolls on its own; on a small screen the whole page does. */
    scrolls,
    /** The box of what is read, on the screen; null: nothing is. */
    box() {
      const read = now === rest ? null : now === list.node ? now.lastElementChild : now.querySelector(".body");
      return read && (now === list.node ? listed(now) : read.getBoundingClientRect());
    },
    /** Where the whole page scrolls, shows the start of `head` again. */
    toTop(head) {
      if (!scrolls() && head.getBoundingClientRect().top < 0) head.scrollIntoView({ block: "start" });
    },
    focus: () => now.focus({ preventScroll: true }),
  };
}
