// The outbox of this browser tab: what was graded and not yet acknowledged, kept in sessionStorage, sent until it is.
import { isEvent, restored, unacknowledged, uuid } from "./reducer.js";

const STORAGE = "rerank-lens.outbox";
const RESEND_MS = 2000;
const RESEND_MAX_MS = 16000;

function connected() {
  const state = document.querySelector("[data-testid='stApp']")?.getAttribute("data-test-connection-state");
  return navigator.onLine !== false && (state === null || state === undefined || state === "CONNECTED");
}

/**
 * Opens the outbox. A page load takes a new client_id, so that a duplicated tab (which copies sessionStorage) never
 * reuses a number; events of earlier loads keep theirs and are sent again first.
 */
export function openPost() {
  const clientId = uuid(window.crypto);
  const watchers = new Set();
  const senders = new Map();
  const wakers = new Map();
  let seq = 0;
  let outbox = [];
  try {
    outbox = restored(sessionStorage.getItem(STORAGE));
  } catch {
    // Storage is forbidden here: the outbox lives as long as the page.
  }
  let oldest = outbox.length ? 0 : null;
  let sentAt = 0;
  let wait = RESEND_MS;
  let timer = null;

  function keep() {
    try {
      if (outbox.length) sessionStorage.setItem(STORAGE, JSON.stringify(outbox));
      else sessionStorage.removeItem(STORAGE);
    } catch {
      // As above, or the quota is used up.
    }
    if (outbox.length && timer === null) timer = setInterval(tick, 500);
    if (!outbox.length && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  }

  function flush() {
    const send = senders.values().next().value;
    if (!send || !outbox.length || !connected()) return;
    sentAt = performance.now();
    send(outbox);
  }

  // A server that was started anew knows no fragment until it has run the page, and drops what is sent to one. Instead
  // of a flush, never with one: Streamlit would put both into one message, to the fragment.
  function wake() {
    const run = wakers.values().next().value;
    if (run && connected()) run();
    else flush();
  }

  function tick() {
    if (performance.now() - sentAt >= wait) {
      if (wait > RESEND_MS) wake();
      else flush();
      sentAt = performance.now();
      wait = Math.min(wait * 2, RESEND_MAX_MS);
    }
    tell();
  }

  function tell() {
    for (const watcher of watchers) watcher();
  }

  function again() {
    wait = RESEND_MS;
    wake();
    tell();
  }

  const app = document.querySelector("[data-testid='stApp']");
  if (app) new MutationObserver(again).observe(app, { attributeFilter: ["data-test-connection-state"] });
  window.addEventListener("online", again);
  window.addEventListener("offline", tell);
  window.addEventListener("beforeunload", (event) => {
    if (outbox.length) event.preventDefault();
  });

  const post = {
    watchers,
    connected,
    get outbox() {
      return outbox;
    },
    /** Milliseconds that the oldest waiting event has waited. */
    get waited() {
      return oldest === null ? 0 : performance.now() - oldest;
    },
    add(fields) {
      const event = { ...fields, client_id: clientId, seq: ++seq, ts: Date.now() };
      if (!isEvent(event)) return;
      if (!outbox.length) oldest = performance.now();
      outbox = [...outbox, event];
      wait = RESEND_MS;
      keep();
      tell();
      flush();
    },
    acknowledge(ack) {
      const rest = unacknowledged(outbox, ack);
      if (rest.length === outbox.length) return;
      outbox = rest;
      wait = RESEND_MS;
      oldest = rest.length ? performance.now() : null;
      keep();
    },
    /** `send` takes events to the server; what waits goes at once when this is the first way there. */
    connect(key, send) {
      const first = !senders.has(key);
      senders.set(key, send);
      if (first) flush();
    },
    disconnect(key) {
      senders.delete(key);
    },
    /** `run` has the server run the whole page; null takes it back. */
    wakeBy(key, run) {
      if (run) wakers.set(key, run);
      else wakers.delete(key);
    },
  };
  keep();
  return post;
}
