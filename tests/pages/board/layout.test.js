import assert from "node:assert/strict";
import { test } from "node:test";
import * as d from "../../../pages/ui/board/drag.js";
import * as l from "../../../pages/ui/board/layout.js";

const AUTO = { order: [], pinned: null };
const FIVE = ["a", "b", "c", "d", "e"];

test("up to four columns nothing is fixed, from five on the first one is", () => {
  assert.deepEqual(l.arranged(FIVE.slice(0, 4), AUTO), { ids: ["a", "b", "c", "d"], pinned: [] });
  assert.deepEqual(l.arranged(FIVE, AUTO), { ids: FIVE, pinned: ["a"] });
  assert.deepEqual(l.arranged(FIVE.slice(0, 4), AUTO, 5).pinned, ["a"]);
});

test("pinned columns stand first, then the order, then the rest as they come", () => {
  const layout = { order: ["d", "gone", "c"], pinned: ["c", "gone too"] };
  assert.deepEqual(l.arranged(FIVE, layout), { ids: ["c", "d", "a", "b", "e"], pinned: ["c"] });
  assert.deepEqual(l.arranged(FIVE, { order: ["b"], pinned: [] }), { ids: ["b", "a", "c", "d", "e"], pinned: [] });
});

test("a column moves one place, and not beyond the edge", () => {
  const right = l.rearranged(["a", "b", "c"], AUTO, "a", "right");
  assert.deepEqual(l.arranged(["a", "b", "c"], right).ids, ["b", "a", "c"]);
  assert.equal(l.rearranged(["a", "b", "c"], AUTO, "a", "left"), AUTO);
  assert.equal(l.rearranged(["a", "b", "c"], AUTO, "c", "right"), AUTO);
});

test("a step past a pinned column takes its place, and the pin stays on the screen", () => {
  const pinned = { order: [], pinned: ["a"] };
  const moved = l.rearranged(FIVE, pinned, "b", "left");
  assert.deepEqual(l.arranged(FIVE, moved), { ids: ["b", "a", "c", "d", "e"], pinned: ["b"] });
});

test("a dropped column stands in front of another one, or behind all", () => {
  const ids = ["a", "b", "c", "d"];
  const onto = (id, before, layout = AUTO) => l.arranged(ids, l.dropped(ids, layout, id, before));
  assert.deepEqual(onto("d", "b").ids, ["a", "d", "b", "c"]);
  assert.deepEqual(onto("a", "d").ids, ["b", "c", "a", "d"]);
  assert.deepEqual(onto("b", null).ids, ["a", "c", "d", "b"]);
});

test("a column that is dropped where it stands changes nothing", () => {
  const ids = ["a", "b", "c"];
  assert.equal(l.dropped(ids, AUTO, "a", "b"), AUTO);
  assert.equal(l.dropped(ids, AUTO, "a", "a"), AUTO);
  assert.equal(l.dropped(ids, AUTO, "c", null), AUTO);
  assert.equal(l.dropped(ids, AUTO, "gone", "a"), AUTO);
});

test("as many columns are pinned after a drop as before, those at the left", () => {
  const two = { order: [], pinned: ["a", "b"] };
  const onto = (id, before, layout) => l.arranged(FIVE, l.dropped(FIVE, layout, id, before));
  assert.deepEqual(onto("e", "b", two), { ids: ["a", "e", "b", "c", "d"], pinned: ["a", "e"] });
  assert.deepEqual(onto("a", "d", two), { ids: ["b", "c", "a", "d", "e"], pinned: ["b", "c"] });
  assert.deepEqual(onto("e", "a", AUTO), { ids: ["e", "a", "b", "c", "d"], pinned: ["e"] });
});

test("the place of a drop is before the column whose left half the pointer is in, pinned ones lying on top", () => {
  const place = (id, left, pinned = false) => ({ id, left, right: left + 100, pinned });
  const free = [place("a", 0), place("b", 100), place("c", 200)];
  assert.deepEqual([10, 60, 140, 160, 240, 260].map((x) => d.placeAt(free, x)), ["a", "b", "b", "c", "c", null]);
  // b is scrolled under the pinned a
  const fixed = [place("a", 0, true), place("b", 20), place("c", 120)];
  assert.deepEqual([10, 60, 110, 150, 230].map((x) => d.placeAt(fixed, x)), ["a", "b", "c", "c", null]);
  assert.equal(d.placeAt([place("a", 0, true)], 60), null);
});

test("a column is pinned behind those that are, and unpinned where it stands", () => {
  const once = l.rearranged(FIVE, AUTO, "c", "pin");
  assert.deepEqual(l.arranged(FIVE, once), { ids: ["a", "c", "b", "d", "e"], pinned: ["a", "c"] });
  const without = l.rearranged(FIVE, once, "a", "unpin");
  assert.deepEqual(l.arranged(FIVE, without), { ids: ["c", "a", "b", "d", "e"], pinned: ["c"] });
  const none = l.rearranged(FIVE, AUTO, "a", "unpin");
  assert.deepEqual(l.arranged(FIVE, none), { ids: FIVE, pinned: [] });
});

test("the address keeps order and pins, says nothing of what is so anyway, and leaves the rest alone", () => {
  const said = l.withLayout("?ds=my+set&sys=a&sys=b", { order: ["b", "a"], pinned: ["b"] }, ["a", "b"]);
  assert.deepEqual(l.layoutOf(said), { order: ["b", "a"], pinned: ["b"] });
  assert.equal(new URLSearchParams(said).get("ds"), "my set");
  assert.deepEqual(new URLSearchParams(said).getAll("sys"), ["a", "b"]);
  assert.equal(l.withLayout(`?${said}`, { order: ["a", "b"], pinned: null }, ["a", "b"]), "ds=my+set&sys=a&sys=b");
});

test("an address can say that nothing is pinned", () => {
  const said = l.withLayout("", { order: [], pinned: [] }, FIVE);
  assert.deepEqual(l.layoutOf(said), { order: [], pinned: [] });
  assert.deepEqual(l.layoutOf(""), { order: [], pinned: null });
});

test("the address keeps the card that somebody leaves, whatever its id holds", () => {
  const said = l.withPlace("?q=what&by=old&doc=old", { column: "run:a,b", docid: "ä & b/1" });
  assert.deepEqual(Object.fromEntries(new URLSearchParams(said)), { q: "what", by: "run:a,b", doc: "ä & b/1" });
  assert.equal(l.withPlace(`?${said}`, null), "q=what");
});
