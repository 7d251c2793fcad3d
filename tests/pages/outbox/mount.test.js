import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { mount } from "../../../pages/ui/outbox/mount.js";

function element() {
  const [mounts, parent, log] = [new WeakMap(), { isConnected: false }, []];
  const make = () => {
    log.push("made");
    return { close: () => log.push("closed") };
  };
  return { log, parent, call: () => mount(mounts, parent, make) };
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

test("the last call may be an overtaken one: what it shows stays as long as the element is there", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { log, parent, call } = element();
  parent.isConnected = true;
  const [, cleanup] = call();
  cleanup();
  mock.timers.tick(5000);
  assert.deepEqual(log, ["made"]);
  parent.isConnected = false;
  mock.timers.tick(1000);
  assert.deepEqual(log, ["made", "closed"]);
  mock.timers.reset();
});

test("a call that comes later goes on with what is there, and the element's end closes it once", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { log, parent, call } = element();
  parent.isConnected = true;
  const [first, overtaken] = call();
  overtaken();
  const [second, last] = call();
  assert.equal(first, second);
  parent.isConnected = false;
  mock.timers.tick(5000);
  assert.deepEqual(log, ["made"]);
  last();
  assert.deepEqual(log, ["made", "closed"]);
  mock.timers.reset();
});
