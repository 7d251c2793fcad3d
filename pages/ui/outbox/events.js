// What a judge did, as numbered events: made, checked, kept in the tab, acknowledged. Pure: no DOM, no clock.

const KINDS = new Set(["grade", "undo", "skip", "note"]);
// as in events.py: what the server does not take is not sent
const LONGEST_ID = 4096;
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

/** True for an event that the server takes; anything else would hold up all that is behind it, and is never sent. */
export function isEvent(event) {
  return (
    event !== null && typeof event === "object" &&
    UUID.test(event.client_id) && isNumber(event.seq, 1) && isNumber(event.grade, -1) && isNumber(event.ts, 0) &&
    isText(event.rule ?? "", 40) && isText(event.note ?? "", 4000) &&
    isText(event.outbox_key) && isText(event.qid) && isText(event.docid) &&
    KINDS.has(event.kind) && (event.kind === "undo" || event.docid !== "") && (event.kind !== "grade" || event.grade >= 0)
  );
}

function isNumber(value, least) {
  return Number.isSafeInteger(value) && value >= least;
}

function isText(value, longest = LONGEST_ID) {
  // half a character (a lone surrogate) cannot be kept
  return typeof value === "string" && value.length <= longest && !/\p{Surrogate}/u.test(value);
}

/** Why an event cannot be saved, for who made it. */
export function whyUnsavable({ qid, docid, outbox_key: outboxKey }) {
  const parts = [[docid, "the passage's id"], [qid, "the question's id"], [outboxKey, "the names of dataset and judge"]];
  const [, what] = parts.find(([text]) => !isText(text)) ?? [null, "a part of it"];
  return `A grade cannot be saved: ${what} cannot be kept (the longest has ${LONGEST_ID} characters)`;
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
 * What is not saved, in words; "" while everything is saved or has waited less than 3 seconds. `remarks`: sentences on
 * what stands in the way, or was refused; they are said at once.
 */
export function unsavedNotice(events, waitedMs, connected, remarks = []) {
  const what = events.length === 1 ? "1 grade" : `${events.length} grades`;
  const how = connected ? " (still trying)" : " (connection lost; kept in this tab)";
  const waits = events.length > 0 && (waitedMs > 3000 || remarks.length > 0) ? `not saved yet: ${what}${how}` : "";
  return [waits, ...remarks].filter(Boolean).join(". ");
}
