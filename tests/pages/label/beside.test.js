// What stands around the passage: the sign for more below, the list of own grades, where the verdict stands.
import assert from "node:assert/strict";
import { test } from "node:test";
import { moreWords } from "../../../pages/ui/label/below.js";
import { placeOf, reachOf, signed } from "../../../pages/ui/label/decision.js";
import { Desk } from "../../../pages/ui/label/desk.js";
import { foundWords } from "../../../pages/ui/label/mine.js";
import { keyOf } from "../../../pages/ui/label/tape.js";
import { takenWords } from "../../../pages/ui/label/telling.js";
import { withKeys } from "../../../pages/ui/label/words.js";

const SCALE = withKeys([{ grade: 0, name: "Not relevant" }, { grade: 1, name: "Answers it" }]);

test("the sign for more below says how much of the passage is hidden, and nothing where (almost) none is", () => {
  assert.equal(moreWords(400, 1000), "↓ 40 % more");
  assert.equal(moreWords(999, 1000), "↓ 99 % more");
  assert.equal(moreWords(8, 10_000), "↓ 1 % more");
  for (const [hidden, whole] of [[0, 500], [5, 500], [-30, 500], [100, 0], [NaN, 500]]) assert.equal(moreWords(hidden, whole), "");
});

test("the list of own grades says how many there are, and when not all are shown", () => {
  const rows = Array(2).fill([]);
  assert.equal(foundWords({ words: "", total: 2, rows }), "2 passages.");
  assert.equal(foundWords({ words: "fish", total: 1, rows: [[]] }), "1 passage matches.");
  assert.equal(foundWords({ words: "", total: 2341, rows }), "2,341 passages. Shown: the newest 2; search for the others.");
});

test("the scale of the drawing keeps its widest reach, so that an interval is seen to narrow", () => {
  const wide = reachOf({ low: -0.1, high: 0.2, margin: 0.02 });
  assert.ok(wide > 0.2);
  assert.equal(reachOf({ low: -0.01, high: 0.02, margin: 0.02 }, wide), wide);
  assert.ok(reachOf({ low: -0.5, high: 0.02, margin: 0.02 }, wide) > 0.5);
  assert.equal(placeOf(0, 0.2), 50);
  assert.equal(placeOf(0.1, 0.2), 75);
  assert.equal(placeOf(9, 0.2), 100);
  assert.equal(placeOf(-9, 0.2), 0);
});

test("differences have a true sign, and what rounds to nothing has none", () => {
  assert.deepEqual([0.0614, -0.0041, -0.0004, 0].map(signed), ["+0.061", "−0.004", "0.000", "0.000"]);
});

function deskWith(...events) {
  const desk = new Desk("owner");
  desk.texts.set("d1", { title: "Cod", text: "" });
  desk.replay(events.map((event, place) => ({ client_id: "c", seq: place + 1, outbox_key: "owner", qid: "q", docid: "d1", note: "", ...event })));
  return desk;
}

test("an undo says which grade of which passage it took back", () => {
  const key = keyOf("q", "d1");
  assert.equal(takenWords(deskWith({ kind: "grade", grade: 1 }), SCALE, key, { grade: 1 }), "Taken back: 1 Answers it · Cod");
  assert.equal(takenWords(deskWith(), SCALE, key, { grade: null, skipped: true }), "Taken back: skipped · Cod");
  assert.equal(takenWords(deskWith(), SCALE, key, { grade: null, skipped: false }), "");
});

test("a passage out of the list of own grades is at hand again with its grade, note and rule", () => {
  const desk = deskWith();
  desk.reopen(["q9", "d9", "overlap", 1, "a note", 4, false, "a query", "a passage"]);
  assert.equal(desk.at, keyOf("q9", "d9"));
  assert.deepEqual(desk.mark(), { grade: 1, skipped: false, note: "a note", rule: "overlap", rank: 4 });
  assert.deepEqual(desk.wants.texts, [["q9", "d9"]]);
});

test("what this tab already knows of such a passage is not overwritten by the list", () => {
  const desk = deskWith({ kind: "grade", grade: 1 });
  desk.replay([]); // it has arrived
  desk.reopen(["q", "d1", "pool", 0, "", null, false, "", ""]);
  assert.equal(desk.mark().grade, 1);
});
