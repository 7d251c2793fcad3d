// One passage in one column. Everything that came from outside is set as text, never as markup.
import { compact, movement, ordinal, unread } from "./reducer.js";
import { tone } from "../outbox/dom.js";

/** [[piece, marked], ...] as text nodes and <mark>s. */
function pieces(node, parts) {
  node.dir = "auto";
  for (const [piece, marked] of parts) node.append(marked ? el("mark", "", piece) : piece);
  return node;
}

const FOUND = { words: "The search by words (BM25)", meaning: "The search by meaning (dense vectors)" };

function foot(doc, row) {
  const facts = [];
  for (const [name, rank] of doc.found_by ?? []) {
    const chip = el("span", "chip", `${name} ${ordinal(rank)}`);
    chip.title = `${FOUND[name] ?? name} found it at rank ${rank}`;
    facts.push(chip);
  }
  const meta = doc.meta ?? [];
  if (meta.length) {
    const line = el("span", "meta", meta.map(([, value]) => value).join(" · "));
    line.title = meta.map(([name, value]) => `${name}: ${value}`).join("\n");
    line.dir = "auto";
    facts.push(line);
  }
  if (row.cut > 0) {
    const chip = el("span", "chip warn", `✂ ${unread(row)}`);
    chip.title = `${row.cut.toLocaleString("en")} tokens are beyond what the model reads at once`;
    facts.push(chip);
  }
  const node = el("div", "found");
  node.append(...facts);
  return node;
}

function gradeButtons(scale) {
  const bar = el("div", "grades");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Grade");
  const buttons = scale.map(({ grade, label }, place) => {
    const button = el("button", `grade tone${tone(place, scale.length)}`, String(grade));
    button.type = "button";
    button.tabIndex = -1;
    button.title = `${grade}: ${label}`;
    button.dataset.grade = String(grade);
    button.setAttribute("aria-label", `${grade}, ${label}`);
    button.setAttribute("aria-pressed", "false");
    bar.append(button);
    return button;
  });
  return { bar, buttons };
}

/** The link to the page that explains a rank; the board takes a plain click on it. */
function whyLink(href) {
  const link = el("a", "why", "Why here?");
  link.href = href;
  link.tabIndex = -1;
  link.title = "Inspect this passage in this column (key i)";
  return link;
}

/**
 * Builds the card of `row` in `column`. Returns { node, docid, paint(label, pending, stale), place(rank, delta) }.
 * `why`: the address of the page that explains its rank, "" for none. paint shows a grade (undefined: ungraded); place shows a rank and what it gained against the baseline.
 */
export function makeCard(doc, row, column, scale, isBaseline, why) {
  const node = el("div", "card");
  node.tabIndex = -1;
  node.dataset.docid = row.docid;
  node.dataset.column = column.id;
  node.setAttribute("role", "group");

  const top = el("div", "top");
  const rank = el("span", "rank");
  const move = el("span", "move");
  const score = el("span", "score", compact(row.score));
  if (row.score !== null && row.score !== undefined) score.title = `raw score (${column.scale || "unknown scale"}): ${row.score}`;
  top.append(rank, move, score);

  const title = pieces(el("div", "title"), doc.title?.length ? doc.title : [[row.docid, false]]);
  title.title = row.docid;
  const text = pieces(el("div", "text"), doc.text ?? []);
  const more = el("button", "more", "more");
  more.type = "button";
  more.tabIndex = -1;
  more.hidden = true;

  const { bar, buttons } = gradeButtons(scale);
  const state = el("span", "state");
  bar.append(state);
  if (why) bar.append(whyLink(why));
  node.append(top, title, text, more, foot(doc, row), bar);

  const name = doc.title?.map(([piece]) => piece).join("") || row.docid;
  let placed = "";
  let said = "ungraded";
  const describe = () => node.setAttribute("aria-label", `${column.label}, ${placed}, ${name}, ${said}`);

  const card = {
    node, docid: row.docid, column: column.id, text, more, name,
    paint(grade, pending, stale) {
      const place = scale.findIndex((step) => step.grade === grade);
      node.dataset.tone = place < 0 ? "" : String(tone(place, scale.length));
      node.classList.toggle("judged", grade !== undefined);
      node.classList.toggle("pending", pending);
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === place)));
      const outside = grade !== undefined && place < 0 ? `graded ${grade}` : "";
      say(state, stale ? "text changed since" : outside);
      said = grade === undefined ? "ungraded" : `grade ${grade}${pending ? ", saving" : ""}${stale ? ", text changed since" : ""}`;
      describe();
    },
    place(number, delta) {
      const { text: moveText, sense, words } = movement(delta, isBaseline);
      say(rank, String(number));
      say(move, moveText);
      move.className = `move ${sense}`;
      move.title = words;
      placed = `rank ${number}${words ? `, ${words}` : ""}`;
      describe();
    },
    /** Shows the whole passage, or six lines of it. */
    open(whole) {
      node.classList.toggle("open", whole);
      more.textContent = whole ? "less" : "more";
      more.setAttribute("aria-expanded", String(whole));
    },
  };
  card.place(row.rank, row.delta);
  card.open(false);
  return card;
}
