import assert from "node:assert/strict";
import { test } from "node:test";
import { Desk } from "../../../pages/ui/label/desk.js";
import * as t from "../../../pages/ui/label/tape.js";

const ONE = "11111111-1111-4111-8111-111111111111";
const OWNER = '["set", "ann"]';
const PROGRESS = { done: 0, left: 0, skipped: 0, seconds_a_grade: null };
const key = (docid, qid = "q1") => t.keyOf(qid, docid);
const item = (docid, { qid = "q1", rule = "pool", grade = null, note = "", rank = null, skipped = false } = {}) =>
  [qid, docid, rule, grade, note, rank, skipped];
let seq = 0;
const event = (kind, docid, grade = -1, more = {}) => ({
  client_id: ONE, seq: ++seq, kind, docid, grade, ts: 1, qid: "q1", note: "", rule: "pool", outbox_key: OWNER, ...more,
});
const undo = () => event("undo", "", -1, { qid: "" });
const answer = (number, ahead, done = [], more = {}) => ({
  outbox_key: OWNER, as_of: [OWNER, number], ack: {}, ahead, done, texts: {}, queries: {}, standing: [],
  progress: { ...PROGRESS, left: ahead.length, done: done.length }, ...more,
});

/** A desk with these passages ahead, and a hand that deals with the one on it and goes on. */
function open(docids, done = []) {
  const desk = new Desk(OWNER);
  desk.take(answer(1, docids.map((docid) => item(docid)), done), []);
  const outbox = [];
  const act = (made) => {
    const before = desk.mark();
    outbox.push(made);
    desk.replay(outbox);
    return before;
  };
  return {
    desk,
    outbox,
    grade: (grade) => desk.goOn(act(event("grade", t.pairOf(desk.at).docid, grade))),
    skip: () => desk.goOn(act(event("skip", t.pairOf(desk.at).docid))),
    undo: () => {
      const newest = desk.newest;
      act(undo());
      if (newest !== null) desk.goTo(newest);
    },
    /** The server has all that waits, and says how things stand now. */
    arrive: (down) => {
      outbox.length = 0;
      desk.take(down, outbox);
    },
  };
}
const here = (desk) => desk.at && t.pairOf(desk.at).docid;

test("it opens at the first passage that is open and goes on with each grade, without a word from the server", () => {
  const { desk, grade } = open(["a", "b", "c"], [item("z", { grade: 2 })]);
  assert.equal(here(desk), "a");
  grade(3);
  assert.equal(here(desk), "b");
  grade(0);
  assert.equal(here(desk), "c");
  assert.deepEqual([desk.mark(key("a")).grade, desk.mark(key("b")).grade, desk.mark(key("z")).grade], [3, 0, 2]);
  assert.deepEqual(desk.counts, { done: 3, left: 1, skipped: 0 });
});

test("nothing at hand moves when the server puts what comes into another order", () => {
  const { desk, grade, arrive } = open(["a", "b", "c", "d"]);
  grade(1);
  arrive(answer(2, [item("d"), item("c"), item("b")], [item("a", { grade: 1 })]));
  assert.equal(here(desk), "b");
  assert.deepEqual(desk.tape, [key("a"), key("b"), key("d"), key("c")]);
  grade(1);
  assert.equal(here(desk), "d");
});

test("what somebody else has graded meanwhile goes, but not from under the reader's eyes", () => {
  const { desk, grade, arrive } = open(["a", "b", "c", "d"]);
  grade(1);
  arrive(answer(2, [item("d")], [item("a", { grade: 1 })]));
  assert.deepEqual(desk.tape, [key("a"), key("b"), key("d")]);
  assert.equal(here(desk), "b");
  grade(2);
  assert.equal(here(desk), "d");
});

test("back and forth change nothing, and a regrade goes on to the next open passage", () => {
  const { desk, grade } = open(["a", "b", "c"]);
  grade(1);
  grade(2);
  desk.go(t.neighbour(desk.tape, desk.at, -1));
  desk.go(t.neighbour(desk.tape, desk.at, -1));
  desk.go(t.neighbour(desk.tape, desk.at, -1));
  assert.equal(here(desk), "a");
  grade(0);
  assert.equal(here(desk), "c");
  assert.deepEqual(desk.counts, { done: 2, left: 1, skipped: 0 });
});

test("a passage that was passed over with an arrow comes once nothing is open behind it", () => {
  const { desk, grade } = open(["a", "b", "c"]);
  desk.go(t.neighbour(desk.tape, desk.at, 1));
  grade(1);
  grade(1);
  assert.equal(here(desk), "a");
});

test("skipped passages are offered again only once nothing else is open, one after the other", () => {
  const { desk, grade, skip } = open(["a", "b", "c"]);
  skip();
  skip();
  grade(1);
  assert.equal(desk.at, null);
  assert.ok(desk.ended);
  assert.deepEqual(desk.counts, { done: 1, left: 0, skipped: 2 });
  desk.go(key("a"));
  grade(0);
  assert.equal(here(desk), "b");
  skip();
  assert.equal(desk.at, null);
  assert.deepEqual(desk.counts, { done: 2, left: 0, skipped: 1 });
});

test("undo goes back over queries, over skips and over what an earlier load of the page did", () => {
  const { desk, grade, skip, undo } = open(["a", "b"], [item("y", { qid: "q0", grade: 1 }), item("x", { qid: "q0", grade: 2 })]);
  grade(3);
  skip();
  undo();
  assert.equal(here(desk), "b");
  undo();
  assert.equal(here(desk), "a");
  assert.ok(t.isOpen(desk.mark()));
  undo();
  assert.equal(desk.at, key("y", "q0"));
  undo();
  assert.equal(desk.at, key("x", "q0"));
  assert.equal(desk.newest, null);
  undo(); // the server may know more: the event is sent, nothing is guessed
  assert.equal(desk.at, key("x", "q0"));
});

test("undoing a regrade brings the grade before back", () => {
  const { desk, grade, undo } = open(["a", "b"]);
  grade(1);
  desk.go(key("a"));
  grade(3);
  undo();
  assert.equal(desk.mark(key("a")).grade, 1);
  undo();
  assert.ok(t.isOpen(desk.mark(key("a"))));
});

test("what has arrived is known from then on, and undo still knows the grade before", () => {
  const { desk, grade, undo, arrive } = open(["a", "b"]);
  grade(1);
  desk.go(key("a"));
  grade(3);
  arrive(answer(3, [item("b")], [item("a", { grade: 3 })]));
  assert.equal(desk.mark(key("a")).grade, 3);
  assert.deepEqual(desk.counts, { done: 1, left: 1, skipped: 0 });
  undo();
  assert.equal(desk.mark(key("a")).grade, 1);
});

test("an undo that has arrived leaves the passage open even where the server's list does not reach so far", () => {
  const { desk, grade, undo, arrive } = open(["a", "b"]);
  grade(1);
  undo();
  arrive(answer(3, [item("b")], []));
  assert.ok(t.isOpen(desk.mark(key("a"))));
});

test("an older answer changes nothing but brings its texts", () => {
  const { desk, arrive } = open(["a", "b"]);
  arrive(answer(5, [item("b")], [item("a", { grade: 2 })]));
  arrive(answer(4, [item("a"), item("b")], [], { texts: { b: { title: "", text: "late" } } }));
  assert.equal(desk.mark(key("a")).grade, 2);
  assert.equal(desk.doc(key("b")).text, "late");
});

test("a note changes no grade and is there at once", () => {
  const { desk, outbox, grade } = open(["a", "b"]);
  grade(1);
  outbox.push(event("note", "a", -1, { note: "two dates" }));
  desk.replay(outbox);
  assert.deepEqual([desk.mark(key("a")).grade, desk.mark(key("a")).note], [1, "two dates"]);
  assert.equal(desk.newest, key("a"));
});

test("events of another judge or dataset paint nothing here", () => {
  const { desk } = open(["a"]);
  desk.replay([event("grade", "a", 3, { outbox_key: '["set", "bob"]' })]);
  assert.ok(t.isOpen(desk.mark(key("a"))));
});

test("with nothing here but more at the server it waits, and goes on by itself when more comes", () => {
  const { desk, grade, arrive } = open(["a"]);
  desk.progress = { ...PROGRESS, left: 5 };
  grade(1);
  assert.equal(desk.at, null);
  assert.equal(desk.ended, false);
  arrive(answer(2, [item("b")], [item("a", { grade: 1 })]));
  assert.equal(here(desk), "b");
});

test("who goes on with the arrows alone is given more than the first window", () => {
  const { desk } = open(Array.from({ length: 33 }, (_, place) => `d${place}`));
  for (const one of desk.tape) desk.texts.set(t.pairOf(one).docid, {});
  desk.queries.set("q1", {});
  desk.progress = { ...PROGRESS, left: 100 };
  assert.equal(desk.lacks, false);
  desk.go(key("d4"));
  assert.equal(desk.wants.passed, 4);
  assert.equal(desk.lacks, true);
  desk.progress = { ...PROGRESS, left: 33 };
  assert.equal(desk.lacks, false);
});

test("texts are asked for in parcels, and at once where they are missing right here", () => {
  const tape = Array.from({ length: 40 }, (_, place) => key(`d${place}`));
  const known = (count) => (one) => tape.indexOf(one) < count;
  assert.equal(t.wanted(tape, tape[0], known(30)).length, 0);
  assert.equal(t.wanted(tape, tape[0], known(25)).length, 15);
  assert.deepEqual(t.wanted(tape, tape[25], known(30)).slice(0, 2), [["q1", "d30"], ["q1", "d31"]]);
  assert.equal(t.wanted(tape, tape[39], known(40)).length, 0);
});
