import assert from "node:assert/strict";
import { test } from "node:test";
import { gradeOf, meaning } from "../../../pages/ui/label/keys.js";
import { isScale, keyHelp, progressWords, timeLeft, withKeys } from "../../../pages/ui/label/words.js";

const scale = (...grades) => withKeys(grades.map((grade) => ({ grade, name: `grade ${grade}` })));
const press = (key, more = {}) => ({ key, code: "", ...more });

test("each grade has its own digit, or its place where a grade has no digit", () => {
  assert.deepEqual(scale(0, 1, 2, 3, 4).map(({ key }) => key), ["0", "1", "2", "3", "4"]);
  assert.deepEqual(scale(0, 10, 20).map(({ key }) => key), ["0", "1", "2"]);
  assert.equal(gradeOf(press("2"), scale(0, 10, 20)), 20);
  assert.equal(gradeOf(press("9"), scale(...Array(10).keys())), 9);
  assert.equal(gradeOf(press("4"), scale(0, 1, 2, 3)), undefined);
});

test("a digit row that gives digits only with Shift grades without it", () => {
  assert.equal(gradeOf(press("é", { code: "Digit2" }), scale(0, 1, 2, 3)), 2);
  assert.equal(gradeOf(press("@", { code: "Digit2", shiftKey: true }), scale(0, 1, 2, 3)), undefined);
});

test("r and c stay Streamlit's, and keys with a modifier are nobody's", () => {
  for (const key of ["r", "c", "R", "C", "Tab", "Enter", " "]) assert.equal(meaning(press(key), scale(0, 1)), null);
  assert.equal(meaning(press("u", { ctrlKey: true }), scale(0, 1)), null);
  assert.equal(meaning(press("1", { metaKey: true }), scale(0, 1)), null);
});

test("a held key grades, skips and undoes once, and moves again and again", () => {
  assert.deepEqual(meaning(press("1", { repeat: true }), scale(0, 1)), { act: "nothing" });
  assert.deepEqual(meaning(press("u", { repeat: true }), scale(0, 1)), { act: "nothing" });
  assert.deepEqual(meaning(press("ArrowRight", { repeat: true }), scale(0, 1)), { act: "forth" });
});

test("the help names every grade and never r or c", () => {
  const keys = keyHelp(scale(0, 1, 2)).map(([key]) => key);
  assert.deepEqual(keys.slice(0, 3), ["0", "1", "2"]);
  assert.ok(!keys.includes("r") && !keys.includes("c"));
});

test("time and pace are said in round words", () => {
  assert.equal(timeLeft(null), "");
  assert.equal(timeLeft(30), "");
  assert.equal(timeLeft(12 * 60), "about 12 min left");
  assert.equal(timeLeft(61 * 60), "about 1 h left");
  assert.equal(timeLeft(80 * 60), "about 1 h 20 min left");
  assert.equal(timeLeft(119 * 60), "about 2 h left");
  const words = progressWords({ done: 1200, left: 60, skipped: 0 }, { seconds_a_grade: 6 });
  assert.deepEqual(words, ["1,200 done", "60 left", "10 per minute", "about 6 min left"]);
  const fast = progressWords({ done: 1200, left: 60, skipped: 0 }, { seconds_a_grade: 0.4 });
  assert.deepEqual(fast, ["1,200 done", "60 left"], "nobody reads 150 passages a minute");
  const soon = progressWords({ done: 1200, left: 5, skipped: 0 }, { seconds_a_grade: 6 });
  assert.deepEqual(soon, ["1,200 done", "5 left"], "under a minute of work, the counts say enough");
  const early = progressWords({ done: 3, left: 60, skipped: 0 }, { seconds_a_grade: 6 });
  assert.deepEqual(early, ["3 done", "60 left"], "three grades have no pace");
  assert.deepEqual(progressWords({ done: 0, left: 3, skipped: 1 }, { seconds_a_grade: null }), ["0 done", "3 left", "1 skipped"]);
});

test("a scale with another grade or name is another scale", () => {
  const held = [[0, "grade 0"], [1, "grade 1"]];
  assert.ok(isScale(scale(0, 1), held));
  assert.ok(!isScale(scale(0, 1), [[0, "grade 0"], [1, "yes"]]));
  assert.ok(!isScale(scale(0, 1), [...held, [2, "grade 2"]]));
});
