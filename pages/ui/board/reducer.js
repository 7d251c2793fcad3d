// The board's rules as pure functions: outbox, predicted labels, ideal order, focus, figures. No DOM, no clock.

const KINDS = new Set(["grade", "undo", "skip", "note"]);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A random UUID (version 4); crypto.randomUUID is missing on plain http outside localhost. */
export function uuid(crypto) {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** True for an event that may be sent; anything else in the storage comes from another version and is dropped. */
export function isEvent(event) {
  return (
    event !== null && typeof event === "object" &&
    UUID.test(event.client_id) && Number.isInteger(event.seq) && event.seq > 0 &&
    KINDS.has(event.kind) && isText(event.rule ?? "", 40) && isText(event.note ?? "", 4000) &&
    typeof event.outbox_key === "string" && typeof event.qid === "string" && typeof event.docid === "string" &&
    Number.isInteger(event.grade) && Number.isInteger(event.ts)
  );
}

function isText(value, longest) {
  return typeof value === "string" && value.length <= longest;
}

/** The stored events of earlier page loads, in their order; [] when the storage holds nothing usable. */
export function restored(text) {
  let stored;
  try {
    stored = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  return Array.isArray(stored) ? stored.filter(isEvent) : [];
}

/** Whether two states of the server are of the same thing: their as_of, [name, number], have one name. */
export function isSameView(down, shown) {
  return Boolean(down?.as_of && shown?.as_of) && down.as_of[0] === shown.as_of[0];
}

/** Whether `down` is an earlier state than `shown`: it arrived late, and must not be painted over it. */
export function outdated(down, shown) {
  return isSameView(down, shown) && down.as_of[1] < shown.as_of[1];
}

/** The outbox without what the server has committed: ack maps client_id to its last committed seq. */
export function unacknowledged(outbox, ack) {
  return outbox.filter((event) => !(event.seq <= (ack?.[event.client_id] ?? 0)));
}

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

/** The best order of the baseline's passages: grade descending, then baseline order; unjudged ones (null) last. */
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

/** A measure with four decimals; an en dash for "no value". */
export function figure(value) {
  return value === null || value === undefined ? "–" : value.toFixed(4);
}

/** A signed difference: { text, sense } with sense up, down, same, or none (no difference is known). */
export function difference(delta) {
  if (delta === null || delta === undefined) return { text: "", sense: "none" };
  const size = Math.abs(delta).toFixed(4);
  if (Number(size) === 0) return { text: "= 0.0000", sense: "same" };
  return delta > 0 ? { text: `▲ +${size}`, sense: "up" } : { text: `▼ −${size}`, sense: "down" };
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

/** Which of the four grade colours (0 worst, 3 best) a place on a scale of `steps` grades takes. */
export function tone(place, steps) {
  return steps < 2 ? 3 : Math.round((place * 3) / (steps - 1));
}

/** What is not saved, in words; "" while everything is saved or has waited less than 3 seconds. */
export function unsavedNotice(events, waitedMs, connected) {
  if (events.length === 0 || waitedMs <= 3000) return "";
  const what = events.length === 1 ? "1 grade" : `${events.length} grades`;
  return `not saved yet: ${what}` + (connected ? " (still trying)" : " (connection lost; kept in this tab)");
}
