import assert from "node:assert/strict";
import { test } from "node:test";
import * as r from "../../../pages/ui/board/reducer.js";

const ONE = "11111111-1111-4111-8111-111111111111";
const TWO = "22222222-2222-4222-8222-222222222222";
const event = (seq, docid, grade, more = {}) => ({
  client_id: ONE, seq, kind: "grade", docid, grade, ts: 1, qid: "q1", outbox_key: "set", ...more,
});
const order = (ids, labels) => r.idealOrder(ids, new Map(Object.entries(labels))).map(({ docid }) => docid);

test("a uuid is well formed with and without randomUUID, and never twice the same", () => {
  const old = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  for (const source of [crypto, old]) {
    assert.match(r.uuid(source), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(r.uuid(source), r.uuid(source));
  }
});

test("an acknowledged number clears its client's events up to it and nobody else's", () => {
  const outbox = [event(1, "a", 1), event(2, "b", 1), event(3, "c", 1), event(1, "d", 1, { client_id: TWO })];
  assert.deepEqual(r.unacknowledged(outbox, { [ONE]: 2 }).map(({ docid }) => docid), ["c", "d"]);
  assert.equal(r.unacknowledged(outbox, {}).length, 4);
  assert.equal(r.unacknowledged(outbox, undefined).length, 4);
});

test("a storage with rubbish gives only whole events", () => {
  const good = event(1, "a", 3);
  const rubbish = [null, 7, "x", { seq: 1 }, event(0, "a", 1), event(1.5, "a", 1), event(1, "a", 1, { client_id: "me" })];
  assert.deepEqual(r.restored(JSON.stringify([...rubbish, good])), [good]);
  for (const text of [null, "", "{", "{}", "null"]) assert.deepEqual(r.restored(text), []);
});

test("waiting events are painted over the server's labels in their order", () => {
  const { labels, pending } = r.predicted({ a: 0, z: 3 }, [event(1, "a", 1), event(2, "a", 2), event(3, "b", 0)], "set", "q1");
  assert.deepEqual(Object.fromEntries(labels), { a: 2, z: 3, b: 0 });
  assert.deepEqual([...pending], ["a", "b"]);
});

test("events of another query or dataset paint nothing here", () => {
  const others = [event(1, "a", 1, { qid: "q2" }), event(2, "a", 1, { outbox_key: "other" })];
  const { labels, pending } = r.predicted({}, others, "set", "q1");
  assert.equal(labels.size + pending.size, 0);
});

test("a skip and a note leave the grade as it is", () => {
  const said = [event(1, "a", -1, { kind: "skip" }), event(2, "a", -1, { kind: "note", note: "too short" })];
  const { labels, pending } = r.predicted({ a: 2 }, said, "set", "q1");
  assert.equal(labels.get("a"), 2);
  assert.equal(pending.size, 0);
});

test("a rule and a note may travel with an event, if they are texts of some length", () => {
  const good = [event(1, "a", 1, { rule: "pool", note: "x".repeat(4000) }), event(2, "a", -1, { kind: "skip" })];
  const bad = [event(3, "a", 1, { rule: 7 }), event(4, "a", 1, { note: "x".repeat(4001) }), event(5, "a", 1, { kind: "vote" })];
  assert.deepEqual([...good, ...bad].filter(r.isEvent), good);
});

test("a state is outdated by a later one of the same view only", () => {
  const at = (name, number) => ({ as_of: [name, number] });
  assert.equal(r.outdated(at("q1", 4), at("q1", 5)), true);
  assert.equal(r.outdated(at("q1", 5), at("q1", 5)), false);
  assert.equal(r.outdated(at("q1", 6), at("q1", 5)), false);
  assert.equal(r.outdated(at("q2", 4), at("q1", 5)), false);
  for (const nothing of [undefined, null, {}, { as_of: null }]) {
    assert.equal(r.outdated(nothing, at("q1", 5)), false);
    assert.equal(r.outdated(at("q1", 4), nothing), false);
    assert.equal(r.isSameView(nothing, nothing), false);
  }
});

test("an undo brings the grade before back, or takes the label away", () => {
  const undo = (docid, grade) => event(9, docid, grade, { kind: "undo" });
  assert.equal(r.predicted({ a: 3 }, [undo("a", 1)], "set", "q1").labels.get("a"), 1);
  assert.equal(r.predicted({ a: 3 }, [undo("a", -1)], "set", "q1").labels.has("a"), false);
  assert.equal(r.predicted({ a: 3 }, [undo("", -1)], "set", "q1").labels.get("a"), 3);
});

test("undo walks back through the whole history and then leaves it to the server", () => {
  const history = [{ docid: "a", previous: -1 }, { docid: "a", previous: 1 }];
  assert.deepEqual(r.undoOf(history), { docid: "a", grade: 1 });
  assert.deepEqual(r.undoOf(history), { docid: "a", grade: -1 });
  assert.deepEqual(r.undoOf(history), { docid: "", grade: -1 });
});

test("the ideal order goes by grade, then by the baseline, with unjudged passages after grade 0", () => {
  assert.deepEqual(order(["a", "b", "c", "d", "e"], { b: 0, d: 3, e: 3 }), ["d", "e", "b", "a", "c"]);
  assert.deepEqual(order(["a", "b"], {}), ["a", "b"]);
});

test("the ideal order tells ranks and what was gained: from place 3 to place 1 are two places", () => {
  const first = r.idealOrder(["a", "b", "c"], new Map([["c", 2]]))[0];
  assert.deepEqual(first, { docid: "c", grade: 2, rank: 1, delta: 2 });
});

test("the focus moves in its column, to the same passage beside it, over columns without rows, and stops at edges", () => {
  const columns = [{ id: "x", docids: ["a", "b", "c"] }, { id: "gone", docids: [] }, { id: "y", docids: ["c", "z"] }];
  const at = (column, docid) => ({ column, docid });
  assert.deepEqual(r.moved(columns, at("x", "a"), "down"), at("x", "b"));
  assert.deepEqual(r.moved(columns, at("x", "a"), "up"), at("x", "a"));
  assert.deepEqual(r.moved(columns, at("x", "c"), "down"), at("x", "c"));
  assert.deepEqual(r.moved(columns, at("x", "c"), "right"), at("y", "c"));
  assert.deepEqual(r.moved(columns, at("x", "b"), "right"), at("y", "z"));
  assert.deepEqual(r.moved(columns, at("y", "z"), "left"), at("x", "b"));
  assert.deepEqual(r.moved(columns, at("y", "z"), "right"), at("y", "z"));
});

test("figures have four decimals, differences a sign and an arrow", () => {
  assert.equal(r.figure(0.5), "0.5000");
  assert.equal(r.figure(null), "–");
  assert.deepEqual(r.difference(0.0123), { text: "▲ +0.0123", sense: "up" });
  assert.deepEqual(r.difference(-0.25), { text: "▼ −0.2500", sense: "down" });
  assert.deepEqual(r.difference(-0.00001), { text: "= 0.0000", sense: "same" });
  assert.equal(r.difference(null).text, "");
});

test("a movement says up, down, same or new, and nothing in the baseline", () => {
  assert.equal(r.movement(6, false).text, "▲ 6");
  assert.equal(r.movement(-2, false).text, "▼ 2");
  assert.equal(r.movement(0, false).text, "=");
  assert.equal(r.movement(null, false).text, "new");
  assert.equal(r.movement(null, true).text, "");
});

test("scores are short at every size", () => {
  assert.deepEqual([0, -3.14159, 12.3456, 123.456, 1e-7, 2.5e6, null].map(r.compact),
    ["0.0000", "-3.1416", "12.35", "123.5", "1.00e-7", "2.50e+6", ""]);
});

test("a scale of any length uses both ends of the colours", () => {
  assert.deepEqual([0, 1, 2, 3].map((place) => r.tone(place, 4)), [0, 1, 2, 3]);
  assert.deepEqual([0, 1].map((place) => r.tone(place, 2)), [0, 3]);
});

test("what is not saved is said after three seconds", () => {
  assert.equal(r.unsavedNotice([], 9000, true), "");
  assert.equal(r.unsavedNotice([1, 2], 2000, true), "");
  assert.match(r.unsavedNotice([1, 2], 3500, false), /^not saved yet: 2 grades .*connection lost/);
  assert.match(r.unsavedNotice([1], 3500, true), /^not saved yet: 1 grade /);
});
