// The board's rules as pure functions: predicted labels, ideal order, focus, figures. No DOM, no clock.

/**
 * The server's labels with the waiting events of this query painted over them, oldest first.
 * An undo carries what it is expected to bring back: a docid and the grade before (-1: there was none).
 * Returns { labels: Map docid -> grade, pending: Set of docids with a waiting event }.
 */
export function predicted(labels, outbox, outboxKey, qid) {
  const result = new Map(Object.entries(labels ?? {}));
  const pending = new Set();
  for (const event of outbox) {
    if (event.qid !== qid || event.outbox_key !== outboxKey || event.docid === "") continue;
    if (event.kind === "skip" || event.kind === "note") continue;
    if (event.grade < 0) result.delete(event.docid);
    else result.set(event.docid, event.grade);
    pending.add(event.docid);
  }
  return { labels: result, pending };
}

/** What an undo is expected to do: takes the last step of the history away. Empty history: the server decides. */
export function undoOf(history) {
  const step = history.pop();
  return step ? { docid: step.docid, grade: step.previous } : { docid: "", grade: -1 };
}

/** The best order of the baseline's passages: grade descending, then baseline order; ungraded ones (null) last. */
export function idealOrder(docids, labels) {
  return docids
    .map((docid, place) => ({ docid, place, grade: labels.get(docid) ?? null }))
    .sort((a, b) => (b.grade ?? -Infinity) - (a.grade ?? -Infinity) || a.place - b.place)
    .map(({ docid, grade, place }, index) => ({ docid, grade, rank: index + 1, delta: place - index }));
}

/**
 * Where the focus goes. columns: [{ id, docids }] from left to right, at: { column, docid }.
 * up and down stay in the column; left and right go to the same passage in the next column that has rows, or to the
 * same place where that column does not hold it. Returns `at` itself at an edge.
 */
export function moved(columns, at, direction) {
  const x = columns.findIndex((column) => column.id === at.column);
  if (x < 0) return at;
  const y = columns[x].docids.indexOf(at.docid);
  if (direction === "up" || direction === "down") {
    const docid = columns[x].docids[y + (direction === "down" ? 1 : -1)];
    return docid === undefined ? at : { column: at.column, docid };
  }
  const step = direction === "right" ? 1 : -1;
  for (let next = x + step; next >= 0 && next < columns.length; next += step) {
    const { id, docids } = columns[next];
    if (docids.length === 0) continue;
    return { column: id, docid: docids.includes(at.docid) ? at.docid : docids[Math.min(Math.max(y, 0), docids.length - 1)] };
  }
  return at;
}

/** A measure with so many decimals; an en dash for "no value". */
export function figure(value, digits = 4) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

/** A signed difference: { text, sense, words } with sense up, down, same, or none (no difference is known). */
export function difference(delta, digits = 4) {
  if (delta === null || delta === undefined) return { text: "", sense: "none", words: "" };
  const size = Math.abs(delta).toFixed(digits);
  if (Number(size) === 0) return { text: "=", sense: "same", words: "the same as the baseline" };
  return delta > 0
    ? { text: `▲ +${size}`, sense: "up", words: "better than the baseline" }
    : { text: `▼ −${size}`, sense: "down", words: "worse than the baseline" };
}

/** 1st, 2nd, 3rd, 11th. */
export function ordinal(number) {
  const tens = number % 100;
  const end = tens > 10 && tens < 14 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th";
  return `${number.toLocaleString("en")}${end}`;
}

/** How much of a passage a model did not read: a share where it is known, else tokens. */
export function unread({ cut, share }) {
  if (!cut) return "";
  const tokens = `${cut.toLocaleString("en")} ${cut === 1 ? "token" : "tokens"}`;
  return share === null || share === undefined
    ? `the last ${tokens} not read by this model`
    : `about the last ${Math.max(1, Math.round(share * 100))} % not read by this model`;
}

/** Places gained against the baseline: { text, sense, words }. */
export function movement(delta, isBaseline) {
  if (isBaseline) return { text: "", sense: "none", words: "" };
  if (delta === null || delta === undefined) return { text: "new", sense: "new", words: "not in the baseline" };
  if (delta === 0) return { text: "=", sense: "same", words: "same place as in the baseline" };
  return delta > 0
    ? { text: `▲ ${delta}`, sense: "up", words: `up ${delta}` }
    : { text: `▼ ${-delta}`, sense: "down", words: `down ${-delta}` };
}

/** A raw score in few characters; "" when the system gives none. */
export function compact(score) {
  if (score === null || score === undefined) return "";
  const size = Math.abs(score);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return score.toExponential(2);
  return score.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}
