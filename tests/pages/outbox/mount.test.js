import assert from "node:assert/strict";
import { test } from "node:test";
import { mount } from "../../../pages/ui/outbox/mount.js";

function element() {
  const [mounts, parent, log] = [new WeakMap(), {}, []];
  const make = () => {
    log.push("made");
    return { close: () => log.push("closed") };
  };
  return { log, call: () => mount(mounts, parent, make) };
}

test("the next call finds what the first one made", () => {
  const { log, call } = element();
  const [first] = call();
  const [second] = call();
  assert.equal(first, second);
  assert.deepEqual(log, ["made"]);
});

test("the cleanup of an overtaken call leaves what is shown alone", () => {
  const { log, call } = element();
  const [, overtaken] = call();
  const [, last] = call();
  overtaken();
  assert.deepEqual(log, ["made"]);
  last();
  assert.deepEqual(log, ["made", "closed"]);
});

test("a closed thing is closed once, and a later call makes another that an old cleanup cannot close", () => {
  const { log, call } = element();
  const [, cleanup] = call();
  cleanup();
  cleanup();
  call();
  cleanup();
  assert.deepEqual(log, ["made", "closed", "made"]);
});
