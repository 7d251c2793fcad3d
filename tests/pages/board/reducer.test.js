import assert from "node:assert/strict";
import { test } from "node:test";
import * as r from "../../../pages/ui/board/reducer.js";

const ONE = "11111111-1111-4111-8111-111111111111";
const TWO = "22222222-2222-4222-8222-222222222222";
const event = (seq, docid, grade, more = {}) => ({
  client_id: ONE, seq, kind: "grade", docid, grade, ts: 1, qid: "q1", outbox_key: "set", ...more,
});
const order = (ids, labels) => r.idealOrder(ids, new Map(Object.entries(labels))).map(({ docid }) => docid);

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

test("figures have the decimals that are asked for, differences a sign and an arrow", () => {
  assert.equal(r.figure(0.5), "0.5000");
  assert.equal(r.figure(0.5, 3), "0.500");
  assert.equal(r.figure(null), "–");
  assert.deepEqual(r.difference(0.0123), { text: "▲ +0.0123", sense: "up", words: "better than the baseline" });
  assert.deepEqual(r.difference(-0.25, 3), { text: "▼ −0.250", sense: "down", words: "worse than the baseline" });
  assert.equal(r.difference(null).text, "");
});

test("no difference is a sign and no row of zeros", () => {
  assert.deepEqual(r.difference(0), { text: "=", sense: "same", words: "the same as the baseline" });
  assert.equal(r.difference(-0.00001).text, "=");
  assert.equal(r.difference(0.0004, 3).text, "=");
});

test("ranks are said as people say them", () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 102, 1111, 1203].map(r.ordinal),
    ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "1,111th", "1,203rd"]);
});

test("what a model did not read is a share where that is known", () => {
  assert.equal(r.unread({ cut: 0, share: null }), "");
  assert.equal(r.unread({ cut: 263, share: 0.4 }), "about the last 40 % not read by this model");
  assert.equal(r.unread({ cut: 1, share: 0.001 }), "about the last 1 % not read by this model");
  assert.equal(r.unread({ cut: 1263, share: null }), "the last 1,263 tokens not read by this model");
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

