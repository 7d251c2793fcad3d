// The words for where the judge is, on the screen and for a screen reader. No DOM.
import { ofQuery, pairOf } from "./tape.js";

function nameOf(desk, key) {
  const doc = desk.doc(key);
  return doc ? doc.title || doc.text.slice(0, 80) : "the next passage";
}

function gradeWords(scale, mark) {
  const step = scale.find(({ grade }) => grade === mark?.grade);
  return step && `${step.key} ${step.name}`;
}

/** For the live region: what happened, the query where it is another one, and the passage at hand. */
export function announced(desk, words, before) {
  const { at } = desk;
  if (at === null) return words;
  const { qid } = pairOf(at);
  const isNew = before === null || pairOf(before).qid !== qid;
  const asked = isNew ? `New query: ${desk.queries.get(qid)?.text ?? ""}.` : "";
  return [words, asked, `Now: ${nameOf(desk, at)}`].filter(Boolean).join(" ");
}

/** The quiet line above the passage at hand. */
export function factsOf(desk, scale, { grouped, show_rank: showRank }) {
  const { at } = desk;
  const mark = desk.mark();
  const keys = grouped ? ofQuery(desk.tape, pairOf(at).qid) : [];
  const grade = gradeWords(scale, mark);
  const parts = [
    keys.length > 1 && `Passage ${keys.indexOf(at) + 1} of ${keys.length}`,
    showRank && mark?.rank && `search ranked it ${mark.rank}`,
    grade ? `your grade: ${grade}` : mark?.skipped && "you skipped this one",
  ];
  return parts.filter(Boolean).join(" · ");
}

/** What an undo took back: "Taken back: 3 Answers it · title"; "" where that is not known. */
export function takenWords(desk, scale, key, before) {
  const words = gradeWords(scale, before) ?? (before?.skipped ? "skipped" : "");
  return words && `Taken back: ${words}${desk.doc(key) ? ` · ${nameOf(desk, key)}` : ""}`;
}

/** What was done last; "" where that is not known. */
export function lastWords(desk, scale) {
  const key = desk.newest;
  const mark = key === null ? undefined : desk.mark(key);
  const words = gradeWords(scale, mark) ?? (mark?.skipped ? "skipped" : "");
  if (!words) return "";
  return `Last: ${words}${desk.doc(key) ? ` · ${nameOf(desk, key)}` : ""}`;
}
