// The heads of the columns: label, time, the measures of this query, and below them notes, badges and means.
import { difference, figure } from "./reducer.js";
import { el, say } from "../outbox/dom.js";

const BADGES = { info: "ℹ", warn: "⚠", fail: "✖" };

function figures(measures, caption) {
  const table = el("table", "figures");
  table.setAttribute("aria-label", caption);
  const rows = new Map();
  for (const measure of measures) {
    const line = el("tr");
    const name = el("th", "", measure);
    name.scope = "row";
    const value = el("td", "value", "–");
    value.dataset.measure = measure;
    const delta = el("td", "delta");
    line.append(name, value, delta);
    table.append(line);
    rows.set(measure, { value, delta });
  }
  return { table, rows };
}

function show(rows, values) {
  for (const [measure, { value, delta }] of rows) {
    const { text, sense } = difference(values?.[measure]?.delta);
    say(value, figure(values?.[measure]?.value));
    say(delta, text);
    delta.className = `delta ${sense}`;
  }
}

/** Builds a head. Returns { head, facts, paint(measures, means, meansN) }; head stays in sight, facts scroll away. */
export function makeHead(column, measures, isBaseline) {
  const head = el("div", "head");
  head.dataset.column = column.id;
  const line = el("div", "line");
  const label = el("span", "label", column.label);
  label.title = column.label;
  label.dir = "auto";
  line.append(label);
  if (isBaseline) line.append(el("span", "tag", "baseline"));
  if (column.seconds !== null && column.seconds !== undefined) {
    const ms = column.seconds * 1000;
    line.append(el("span", "time", `${ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en")} ms`));
  }
  const query = figures(measures, `${column.label}, this query`);
  head.append(line, query.table);

  const facts = el("div", "facts");
  facts.dataset.column = column.id;
  const caption = el("div", "caption", "");
  const means = figures(measures, `${column.label}, means`);
  facts.append(caption, means.table);
  if (column.note) {
    const note = el("div", "note", column.note);
    note.dir = "auto";
    facts.append(note);
  }
  const badges = el("div", "badges");
  for (const { kind, text } of column.badges ?? []) badges.append(el("span", `badge ${kind}`, `${BADGES[kind] ?? ""} ${text}`));
  if (badges.childElementCount) facts.append(badges);

  return {
    head,
    facts,
    paint(measured, meanValues, meansN) {
      show(query.rows, measured);
      show(means.rows, meanValues);
      caption.hidden = means.table.hidden = !meanValues;
      say(caption, meansN === 1 ? "The 1 graded query" : `Mean of all ${meansN.toLocaleString("en")} graded queries`);
    },
  };
}
