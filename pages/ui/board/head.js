// The heads of the columns: label, menu, time, two measures; the rest of the figures when somebody asks for them.
import { difference, figure } from "./reducer.js";
import { el, say } from "../outbox/dom.js";

const BADGES = { info: "ℹ", warn: "⚠", fail: "✖" };
const HEADLINES = 2;

function figures(measures, caption, digits) {
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
  return { table, rows, digits };
}

function show({ rows, digits }, values) {
  for (const [measure, { value, delta }] of rows) {
    const { text, sense, words } = difference(values?.[measure]?.delta, digits);
    say(value, figure(values?.[measure]?.value, digits));
    say(delta, text);
    delta.title = words;
    delta.className = `delta ${sense}`;
  }
}

function timing({ seconds, rough }) {
  if (seconds === null || seconds === undefined) return null;
  const ms = seconds * 1000;
  const time = el("span", "time", `${rough ? "≈ " : ""}${ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en")} ms`);
  time.title = rough ? "Measured while this machine was busy with other work: alone it is faster" : "The time this system took";
  return time;
}

/** The menu of a column: a button, and under it what can be done. `act(step)`: see `rearranged`. */
function columnMenu(label, act) {
  const box = el("div", "menu");
  const button = el("button", "dots", "⋯");
  button.type = "button";
  button.title = "Pin or move this column";
  button.setAttribute("aria-label", `${label}: pin or move this column`);
  button.setAttribute("aria-expanded", "false");
  const list = el("div", "steps");
  list.hidden = true;
  const open = (whether) => {
    list.hidden = !whether;
    button.setAttribute("aria-expanded", String(whether));
  };
  const steps = {};
  for (const [step, words] of [["pin", "Pin at the left"], ["unpin", "Unpin"], ["left", "Move left"], ["right", "Move right"]]) {
    steps[step] = el("button", "step", words);
    steps[step].type = "button";
    steps[step].addEventListener("click", () => {
      open(false);
      act(step);
      button.focus({ preventScroll: true });
    });
    list.append(steps[step]);
  }
  button.addEventListener("click", () => {
    open(list.hidden);
    list.querySelector("button:not([hidden])")?.focus({ preventScroll: true });
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    event.stopPropagation();
    open(false);
    button.focus({ preventScroll: true });
  });
  box.addEventListener("focusout", (event) => box.contains(event.relatedTarget) || open(false));
  box.append(button, list);
  return {
    box,
    /** What can be done in this place. */
    fit(isPinned, isFirst, isLast) {
      steps.pin.hidden = isPinned;
      steps.unpin.hidden = !isPinned;
      steps.left.hidden = isFirst;
      steps.right.hidden = isLast;
    },
  };
}

/**
 * Builds a head. Returns { head, facts, fit(...), paint(measures, means, meansN) }; head stays in sight, facts scroll
 * away. `act(step)`: a step of the column's menu; without it there is no menu.
 */
export function makeHead(column, measures, isBaseline, act) {
  const head = el("div", "head");
  head.dataset.column = column.id;
  head.classList.toggle("baseline", isBaseline);
  const line = el("div", "line");
  head.classList.toggle("movable", Boolean(act));
  if (act) {
    const grip = el("span", "grip", "⠿");
    grip.title = "Drag to move this column";
    grip.setAttribute("aria-hidden", "true");
    line.append(grip);
  }
  const label = el("span", "label", column.label);
  label.title = column.label;
  label.dir = "auto";
  line.append(label);
  const menu = act && columnMenu(column.label, act);
  if (menu) line.append(menu.box);
  const below = el("div", "below");
  if (isBaseline) below.append(el("span", "tag", "Baseline"));
  const time = timing(column);
  if (time) below.append(time);
  const first = figures(measures.slice(0, HEADLINES), `${column.label}, this query`, 3);
  const rest = figures(measures.slice(HEADLINES), `${column.label}, this query, more figures`, 3);
  rest.table.classList.add("on-demand");
  head.append(line, below, first.table, rest.table);

  const facts = el("div", "facts");
  facts.dataset.column = column.id;
  const badges = el("div", "badges");
  for (const { kind, text } of column.badges ?? []) badges.append(el("span", `badge ${kind}`, `${BADGES[kind] ?? ""} ${text}`));
  if (badges.childElementCount) facts.append(badges);
  const onDemand = el("div", "on-demand");
  const caption = el("div", "caption", "");
  const means = figures(measures, `${column.label}, means`, 4); // one grade moves a mean by little
  onDemand.append(caption, means.table);
  if (column.note) {
    const note = el("div", "note", column.note);
    note.dir = "auto";
    onDemand.append(note);
  }
  facts.append(onDemand);

  return {
    head,
    facts,
    fit: (...place) => menu?.fit(...place),
    paint(measured, meanValues, meansN) {
      show(first, measured);
      show(rest, measured);
      show(means, meanValues);
      caption.hidden = means.table.hidden = !meanValues;
      say(caption, meansN === 1 ? "The 1 graded query" : `Mean of all ${meansN.toLocaleString("en")} graded queries`);
    },
  };
}
