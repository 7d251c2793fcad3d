// The outbox of this browser tab: what was graded and not yet acknowledged, kept in sessionStorage, sent until it is.
// Two ways lead to the server: a route that answers at once (see side_route.py), and the component's state, which has
// the page's fragment run. What the route does not take goes by the state; what comes twice is kept once.
import { isEvent, restored, unacknowledged, uuid, whyUnsavable } from "./events.js";

const STORAGE = "rerank-lens.outbox";
const RESEND_MS = 2000;
const RESEND_MAX_MS = 16000;
const POST_MAX_MS = 10000;
const POST_MOST = 200;
const PARTING_MOST = 60000; // bytes: what a browser lets a page send after its end
const MISSES = 3;
const PROBLEM_MAX_MS = 4000; // between two tries while the server says that it cannot keep anything

function connected() {
  const state = document.querySelector("[data-testid='stApp']")?.getAttribute("data-test-connection-state");
  return navigator.onLine !== false && (state === null || state === undefined || state === "CONNECTED");
}

function request(route, events, more) {
  return fetch(route.url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Rerank-Lens-Pass": route.token },
    body: JSON.stringify({ outbox: events }),
    credentials: "same-origin",
    cache: "no-store",
    redirect: "error",
    ...more,
  });
}

/**
 * What the route answers; null where it does not. A route that refuses, or missed too often, is not tried again. One
 * that has no workspace to write into says so, as { problem }: all is kept here, and it is asked again.
 */
async function ask(route, events) {
  try {
    const answer = await request(route, events, { signal: AbortSignal.timeout(POST_MAX_MS) });
    if (answer.status === 503) {
      const { refused } = await answer.json();
      route.misses = 0;
      return { problem: String(refused) };
    }
    if (!answer.ok) {
      route.misses = MISSES;
      return null;
    }
    const down = await answer.json();
    route.misses = 0;
    return down;
  } catch {
    route.misses += 1;
    return null;
  }
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
  const routes = new Map();
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
  let asking = false;
  let woken = false;
  let problem = "";
  let held = false; // what waits is with the server, and waits there for the judge's name
  const refusals = new Set(); // what will never be saved, in sentences: said until the page is loaded anew

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

  /** The route of the page that is shown, else of one that was left. */
  function openRoute() {
    const open = [...routes.values()].filter(({ misses }) => misses < MISSES);
    return open.findLast(({ received }) => received) ?? open.at(-1);
  }

  function flush() {
    if (!outbox.length || !connected()) return;
    const route = openRoute();
    if (route) postBy(route);
    else byState();
  }

  function byState() {
    const send = senders.values().next().value;
    if (!send || !outbox.length || !connected()) return;
    woken = false;
    sentAt = performance.now();
    send(outbox);
  }

  /** One post at a time: what is graded meanwhile goes with the next one. */
  async function postBy(route) {
    if (asking) return;
    asking = true;
    woken = false;
    sentAt = performance.now();
    const sent = outbox.slice(0, POST_MOST);
    const down = await ask(route, sent);
    asking = false;
    problem = down?.problem ?? "";
    if (problem) return tell();
    if (down && (route.received ? route.received(down) : true)) post.acknowledge(down);
    if (outbox.some((event) => sent.includes(event))) byState();
    else flush();
  }

  // A server that was started anew knows no fragment until it has run the page, and drops what is sent to one. Instead
  // of a flush, never with one: Streamlit would put both into one message, to the fragment.
  function wake() {
    const run = wakers.values().next().value;
    if (!run || !connected()) return flush();
    woken = true;
    run();
  }

  function tick() {
    if (!held && performance.now() - sentAt >= wait) {
      if (problem) flush(); // to run the page would not bring the workspace back
      else if (wait > RESEND_MS) wake();
      else if (asking) byState(); // the post hangs
      else flush();
      sentAt = performance.now();
      wait = Math.min(wait * 2, problem ? PROBLEM_MAX_MS : RESEND_MAX_MS);
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

  /** The tab goes: what waits is sent once more, on a line that outlives the page. It stays in the storage as well. */
  function part() {
    const route = openRoute();
    if (!route || !outbox.length) return;
    let events = outbox;
    while (events.length > 1 && JSON.stringify(events).length * 3 > PARTING_MOST) {
      events = events.slice(0, Math.floor(events.length / 2));
    }
    request(route, events, { keepalive: true }).catch(() => {});
  }

  const app = document.querySelector("[data-testid='stApp']");
  if (app) new MutationObserver(again).observe(app, { attributeFilter: ["data-test-connection-state"] });
  window.addEventListener("online", again);
  window.addEventListener("offline", tell);
  window.addEventListener("pagehide", part);
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
    /** What stands in the way of saving, or will never be saved: sentences. */
    get remarks() {
      return [problem, held ? "they wait for your name" : "", ...refusals].filter(Boolean);
    },
    add(fields) {
      const event = { ...fields, client_id: clientId, seq: seq + 1, ts: Date.now() };
      if (!isEvent(event)) {
        refusals.add(whyUnsavable(event));
        return tell();
      }
      seq += 1;
      if (!outbox.length) oldest = performance.now();
      outbox = [...outbox, event];
      wait = RESEND_MS;
      held = false;
      keep();
      flush();
      tell();
    },
    acknowledge({ ack, refused, nameless }) {
      held = Boolean(nameless);
      for (const sentence of refused ?? []) refusals.add(sentence);
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
    /**
     * `route` ({ path, token }, or null) posts events; `received` takes an answer, and returns whether it is about
     * what is shown. What waits goes at once by a new route, and by the old one after the page was woken.
     */
    routeBy(key, route, received) {
      const before = routes.get(key);
      routes.delete(key);
      if (!route) return;
      const isNew = before?.token !== route.token;
      const fresh = { url: new URL(route.path, document.baseURI).href, token: route.token, misses: 0 };
      routes.set(key, Object.assign(isNew ? fresh : before, { received }));
      if (isNew || woken) flush();
    },
    /** Asks by the route what is new, and sends nothing. False: there is no such route. */
    look(key) {
      const route = routes.get(key);
      if (!route || route.misses >= MISSES) return false;
      if (!outbox.length) ask(route, []).then((down) => down && !down.problem && route.received?.(down));
      return true;
    },
    /** The page of this key is left: what waits may still go by its route, and nobody is shown the answer. */
    leave(key) {
      senders.delete(key);
      wakers.delete(key);
      if (routes.has(key)) routes.get(key).received = null;
      flush();
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
