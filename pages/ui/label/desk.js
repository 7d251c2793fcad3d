// What this tab knows of one judge's work on one dataset. It outlives the page's DOM, so that a change of page and back
// finds everything where it was. Rules are in tape.js; here they are put together, without a DOM.
import { outdated } from "../outbox/events.js";
import { NOTHING, counted, keyOf, merged, nextOpen, overlaid, pairOf, passedOver, replayed, wanted } from "./tape.js";

const NEAR = 30; // so few passages ahead are asked for more: a held arrow key passes them in a second
const EMPTY = { done: 0, left: 0, skipped: 0, seconds_a_grade: null };

export class Desk {
  constructor(outboxKey) {
    this.outboxKey = outboxKey;
    this.known = NOTHING;
    this.waiting = [];
    this.tape = [];
    this.at = null;
    this.reach = null;
    this.down = null;
    this.progress = EMPTY;
    this.standing = [];
    this.decision = null;
    this.texts = new Map();
    this.queries = new Map();
    this.replay([]);
  }

  get started() {
    return this.down !== null;
  }

  mark(key = this.at) {
    return this.now.marks.get(key);
  }

  doc(key = this.at) {
    return key === null ? undefined : this.texts.get(pairOf(key).docid);
  }

  /** What to ask the server for: the pairs whose texts are missing, and how many open passages were passed over. */
  get wants() {
    const here = (key) => this.texts.has(pairOf(key).docid) && this.queries.has(pairOf(key).qid);
    return { texts: wanted(this.tape, this.at, here), passed: passedOver(this.tape, this.at, this.now.marks) };
  }

  /** Whether something is missing that no grade on its way would bring. */
  get lacks() {
    const { texts, passed } = this.wants;
    const open = passedOver(this.tape, null, this.now.marks);
    const near = open - passed < NEAR && this.counts.left > open;
    return texts.length > 0 || near || (this.at === null && !this.ended);
  }

  /** Takes in what the server says; what is older than what we have is left out, but for its texts. */
  take(down, outbox) {
    if (down.outbox_key !== this.outboxKey) return;
    for (const [docid, doc] of Object.entries(down.texts)) this.texts.set(docid, doc);
    for (const [qid, query] of Object.entries(down.queries)) this.queries.set(qid, query);
    this.replay(outbox);
    if (outdated(down, this.down)) return;
    this.down = down;
    this.progress = down.progress;
    this.standing = down.standing;
    this.decision = down.decision;
    this.known = overlaid(this.known, down);
    this.replay(outbox);
    this.tape = merged(this.tape, this.at, this.reach, this.now.marks, down);
    if (this.at === null && !this.ended) this.go(nextOpen(this.tape, null, this.now.marks));
  }

  /** Paints what waits over what is known; events that no longer wait are known from now on. */
  replay(outbox) {
    const own = outbox.filter((event) => event.outbox_key === this.outboxKey);
    const still = new Set(own.map((event) => `${event.client_id} ${event.seq}`));
    const arrived = this.waiting.filter((event) => !still.has(`${event.client_id} ${event.seq}`));
    this.known = replayed(this.known, arrived, this.outboxKey);
    this.waiting = own;
    this.now = replayed(this.known, own, this.outboxKey);
  }

  get counts() {
    return counted(this.progress, this.known.marks, this.now.marks);
  }

  /** Nothing is open, neither here nor at the server. */
  get ended() {
    return this.counts.left === 0 && nextOpen(this.tape, null, this.now.marks) === null;
  }

  go(key) {
    this.at = key;
    if (key !== null && this.tape.indexOf(key) > this.tape.indexOf(this.reach)) this.reach = key;
  }

  /** After the passage at hand was dealt with; `before` is its mark as it was. */
  goOn(before) {
    this.go(nextOpen(this.tape, this.at, this.now.marks, Boolean(before?.skipped)));
  }

  /** Shows a passage again that an undo has opened, wherever it was. */
  goTo(key) {
    if (!this.tape.includes(key)) this.tape = [key, ...this.tape];
    this.go(key);
  }

  /** Shows a passage that was graded before, as the server's list of own grades has it. */
  reopen([qid, docid, rule, grade, note, rank, skipped]) {
    const key = keyOf(qid, docid);
    if (!this.known.marks.has(key)) {
      const marks = new Map(this.known.marks).set(key, { grade, skipped, note, rule, rank });
      this.known = { ...this.known, marks };
      this.now = replayed(this.known, this.waiting, this.outboxKey);
    }
    this.goTo(key);
  }

  /** The key of the newest thing that undo would take back, or null. */
  get newest() {
    return this.now.stack.at(-1)?.key ?? null;
  }
}
