import assert from "node:assert/strict";
import { test } from "node:test";
import { tone } from "../../../pages/ui/outbox/dom.js";
import * as r from "../../../pages/ui/outbox/events.js";

const ONE = "11111111-1111-4111-8111-111111111111";
const TWO = "22222222-2222-4222-8222-222222222222";
const event = (seq, docid, grade, more = {}) => ({
  client_id: ONE, seq, kind: "grade", docid, grade, ts: 1, qid: "q1", outbox_key: "set", ...more,
});

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

test("a rule and a note may travel with an event, if they are texts of some length", () => {
  const good = [event(1, "a", 1, { rule: "pool", note: "x".repeat(4000) }), event(2, "a", -1, { kind: "skip" })];
  const bad = [event(3, "a", 1, { rule: 7 }), event(4, "a", 1, { note: "x".repeat(4001) }), event(5, "a", 1, { kind: "vote" })];
  assert.deepEqual([...good, ...bad].filter(r.isEvent), good);
});

test("what the server would not take is no event: nothing behind it could be acknowledged", () => {
  const long = "x".repeat(4097);
  const bad = [
    { docid: long }, { qid: long }, { outbox_key: long }, { docid: "" }, { docid: "\ud800" }, { note: "\udc00x" },
    { grade: -1 }, { grade: -2 }, { ts: -1 }, { seq: 2 ** 60 },
  ];
  for (const more of bad) assert.equal(r.isEvent(event(1, "a", 1, more)), false, JSON.stringify(more).slice(0, 40));
  for (const more of [{ docid: "x".repeat(4096) }, { docid: "🙂" }, { kind: "undo", docid: "", grade: -1 }]) {
    assert.equal(r.isEvent(event(1, "a", 1, more)), true);
  }
  assert.match(r.whyUnsavable(event(1, long, 1)), /the passage's id/);
  assert.match(r.whyUnsavable(event(1, "a", 1, { qid: long })), /the question's id/);
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

test("what is not saved is said after three seconds", () => {
  assert.equal(r.unsavedNotice([], 9000, true), "");
  assert.equal(r.unsavedNotice([1, 2], 2000, true), "");
  assert.match(r.unsavedNotice([1, 2], 3500, false), /^not saved yet: 2 grades .*connection lost/);
  assert.match(r.unsavedNotice([1], 3500, true), /^not saved yet: 1 grade /);
});

test("what stands in the way is said at once, and what was refused also when nothing waits", () => {
  assert.match(r.unsavedNotice([1, 2], 0, true, ["The file is gone."]), /^not saved yet: 2 grades .*The file is gone\.$/);
  assert.equal(r.unsavedNotice([], 0, true, ["refused"]), "refused");
});
test("a scale of any length uses both ends of the colours", () => {
  assert.deepEqual([0, 1, 2, 3].map((place) => tone(place, 4)), [0, 1, 2, 3]);
  assert.deepEqual([0, 1].map((place) => tone(place, 2)), [0, 3]);
});
