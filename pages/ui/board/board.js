// The comparison board: builds the columns once a version, then only paints grades, the ideal order and figures.
import { idealOrder, moved, predicted, undoOf } from "./reducer.js";
import { isSameView, outdated } from "../outbox/events.js";
import { openPost } from "../outbox/post.js";
import { mount } from "../outbox/mount.js";
import { el } from "../outbox/dom.js";
import { makeCard } from "./card.js";
import { makeHead } from "./head.js";
import { listen } from "./keys.js";
import { makeSummary } from "./summary.js";

const IDEAL = "ideal";
const boards = new WeakMap();
const histories = new Map();

function hubSlot(key) {
  const hub = (window[Symbol.for("rerank-lens.board")] ??= new Map());
  if (!hub.has(key)) hub.set(key, {});
  return hub.get(key);
}

function idealColumn(data) {
  const baseline = data.columns.find((column) => column.id === data.baseline);
  if (!data.show_ideal || !baseline?.rows?.length) return null;
  return {
    id: IDEAL, label: "Ideal order", note: "The baseline's passages by grade; passages without a grade last.",
    seconds: null, scale: "", badges: [], state: "ready", message: "",
    rows: baseline.rows.map((row) => ({ ...row, score: null, delta: 0, cut: 0 })),
  };
}

class Board {
  constructor(root, data) {
    this.root = root;
    this.post = window[Symbol.for("rerank-lens.post")] ??= openPost();
    this.slot = hubSlot(data.key);
    this.key = data.key;
    this.opened = new Set();
    this.at = null;
    this.shell = el("div", "board");
    root.append(this.shell);
    this.paint = this.paint.bind(this);
    this.received = this.received.bind(this);
    this.answered = this.answered.bind(this);
    this.slot.changed = this.received;
    this.post.watchers.add(this.paint);
    this.sized = new ResizeObserver(() => requestAnimationFrame(() => this.measure()));
    this.sized.observe(this.shell);
  }

  close() {
    this.post.watchers.delete(this.paint);
    this.post.leave(this.key);
    if (this.slot.changed === this.received) this.slot.changed = null;
    this.sized.disconnect();
    this.stopKeys?.();
    this.shell.remove();
  }

  build(data) {
    const sameQuery = this.data?.query.qid === data.query.qid && this.data?.outbox_key === data.outbox_key;
    const focused = this.scroller?.contains(this.root.activeElement) ?? false;
    const scroll = sameQuery ? [this.scroller.scrollLeft, this.scroller.scrollTop] : [0, 0];
    if (!sameQuery) this.opened.clear();
    this.stopKeys?.();
    this.data = data;
    this.painted = new Map();
    this.cells = new Map();
    this.heads = new Map();
    this.orders = [];
    this.lists = new Map();
    this.hovered = null;
    this.lit = null;

    this.summary = makeSummary(data.query, data.scale);
    this.scroller = el("div", "scroller");
    const headRow = el("div", "row heads");
    const factRow = el("div", "row");
    this.body = el("div", "row body");
    this.scroller.append(headRow, factRow, this.body);
    this.ideal = idealColumn(data);
    for (const column of this.ideal ? [...data.columns, this.ideal] : data.columns) {
      const isBaseline = column.id === data.baseline;
      const head = makeHead(column, data.measures, isBaseline);
      headRow.append(head.head);
      factRow.append(head.facts);
      this.body.append(this.list(column, isBaseline));
      this.heads.set(column.id, head);
    }
    this.shell.replaceChildren(this.summary.node, this.scroller);
    this.listenTo();
    this.received();
    this.refocus(sameQuery, focused);
    this.scroller.scrollTo(...scroll);
    requestAnimationFrame(() => this.measure());
  }

  list(column, isBaseline) {
    const list = el("section", `column ${column.state}`);
    list.dataset.column = column.id;
    list.setAttribute("aria-label", column.label);
    const cards = new Map();
    if (column.state === "ready") {
      for (const row of column.rows) {
        const card = makeCard(this.data.docs[row.docid] ?? {}, row, column, this.data.scale, isBaseline);
        card.open(this.opened.has(row.docid));
        cards.set(row.docid, card);
        if (!this.cells.has(row.docid)) this.cells.set(row.docid, []);
        this.cells.get(row.docid).push(card);
        list.append(card.node);
      }
      if (!column.rows.length) list.append(el("div", "message", "No passages."));
    } else {
      const message = el("div", "message", column.message || (column.state === "failed" ? "Failed." : "Waiting …"));
      message.setAttribute("role", column.state === "failed" ? "alert" : "status");
      list.append(message);
    }
    this.lists.set(column.id, { node: list, cards });
    this.orders.push({ id: column.id, docids: [...cards.keys()] });
    return list;
  }

  listenTo() {
    this.stopKeys = listen(this.scroller, this.data.scale, {
      move: (direction) => this.at && this.focus(moved(this.walkable(), this.at, direction)),
      grade: (grade) => this.at && this.grade(this.at.docid, grade),
      undo: () => this.undo(),
      help: () => this.summary.help(),
    });
    const cardAt = (event) => event.target.closest?.(".card");
    const hover = (event) => this.light((this.hovered = cardAt(event)?.dataset.docid ?? null));
    this.scroller.addEventListener("pointerover", (event) => this.byKey || hover(event));
    this.scroller.addEventListener("pointermove", (event) => {
      // A scroll by key moves cards under a resting pointer: only a pointer that moves takes the light back.
      if (!this.byKey || (event.movementX === 0 && event.movementY === 0)) return;
      this.byKey = false;
      hover(event);
    });
    this.scroller.addEventListener("pointerleave", () => this.light((this.hovered = null)));
    this.scroller.addEventListener("focusin", (event) => {
      const card = cardAt(event);
      if (card) this.settle({ column: card.dataset.column, docid: card.dataset.docid });
    });
    this.scroller.addEventListener("focusout", () => requestAnimationFrame(() => this.light(this.hovered)));
    this.scroller.addEventListener("click", (event) => {
      const card = cardAt(event);
      if (!card) return;
      const { docid } = card.dataset;
      const button = event.target.closest("button");
      if (button?.dataset.grade !== undefined) this.grade(docid, Number(button.dataset.grade));
      else if (button) this.toggle(docid);
      if (button) card.focus({ preventScroll: true });
    });
  }

  /** The columns that the focus can walk through, in the order of the screen. */
  walkable() {
    return this.orders.filter(({ id }) => id !== IDEAL || this.idealShown);
  }

  card(at) {
    return at && this.lists.get(at.column)?.cards.get(at.docid);
  }

  settle(at) {
    const before = this.card(this.at);
    if (before) before.node.tabIndex = -1;
    this.at = at;
    this.card(at).node.tabIndex = 0;
    this.light(this.hovered);
  }

  focus(at) {
    const card = this.card(at);
    if (!card) return;
    this.hovered = null;
    this.byKey = true;
    card.node.focus({ preventScroll: true });
    card.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  refocus(sameQuery, focused) {
    const first = this.walkable().find(({ docids }) => docids.length);
    const at = sameQuery && this.card(this.at) ? this.at : first && { column: first.id, docid: first.docids[0] };
    this.at = null;
    if (at) this.settle(at);
    if (at && focused) this.card(at).node.focus({ preventScroll: true });
  }

  /** Lights one passage in every column: the one under the pointer, else the focused one. */
  light(docid) {
    const focused = this.scroller.contains(this.root.activeElement) ? this.at?.docid : null;
    const lit = docid ?? focused ?? null;
    if (lit === this.lit) return;
    for (const card of this.cells.get(this.lit) ?? []) card.node.classList.remove("lit");
    for (const card of this.cells.get(lit) ?? []) card.node.classList.add("lit");
    this.lit = lit;
  }

  toggle(docid) {
    const whole = !this.opened.has(docid);
    if (whole) this.opened.add(docid);
    else this.opened.delete(docid);
    for (const card of this.cells.get(docid)) card.open(whole);
  }

  get address() {
    return { qid: this.data.query.qid, outbox_key: this.data.outbox_key };
  }

  get history() {
    const name = JSON.stringify(this.address);
    if (!histories.has(name)) histories.set(name, []);
    return histories.get(name);
  }

  grade(docid, grade) {
    const now = this.state.labels.get(docid);
    if (now === grade && !this.stale.has(docid)) return;
    this.history.push({ docid, previous: now ?? -1 });
    this.summary.announce(`grade ${grade}: ${this.cells.get(docid)[0].name}`);
    this.post.add({ kind: "grade", docid, grade, ...this.address });
  }

  undo() {
    const { docid, grade } = undoOf(this.history);
    const name = this.cells.get(docid)?.[0].name ?? "last grade";
    this.summary.announce(`undone: ${name}${grade < 0 ? "" : `, grade ${grade} again`}`);
    this.post.add({ kind: "undo", docid, grade, ...this.address });
  }

  /** Something came with a run of the page, or the way to the server changed. */
  received() {
    const { synced, send } = this.slot;
    if (synced && synced !== this.slot.taken) {
      this.slot.taken = synced;
      this.post.acknowledge(synced);
      if (!outdated(synced, this.slot.down)) this.slot.down = synced;
    }
    if (send) {
      this.post.routeBy(this.key, this.isShown(synced) ? synced.route : null, this.answered);
      this.post.connect(this.key, send);
    } else {
      this.post.disconnect(this.key);
    }
    this.paint();
  }

  /** The route's answer to a post: taken where it is about what is shown. */
  answered(down) {
    if (!this.isShown(down) || !isSameView(down, this.slot.down)) return false;
    this.post.acknowledge(down);
    if (!outdated(down, this.slot.down)) this.slot.down = down;
    this.paint();
    return true;
  }

  isShown(down) {
    const { qid, outbox_key: outboxKey } = this.address;
    return down?.qid === qid && down?.outbox_key === outboxKey;
  }

  paint() {
    const { qid, outbox_key: outboxKey } = this.address;
    const down = this.isShown(this.slot.down) ? this.slot.down : null;
    this.state = predicted(down?.labels, this.post.outbox, outboxKey, qid);
    this.stale = new Set(down?.stale);
    for (const [docid, cards] of this.cells) {
      const pending = this.state.pending.has(docid);
      const stale = this.stale.has(docid) && !pending;
      const grade = this.state.labels.get(docid);
      const look = `${grade}|${pending}|${stale}`;
      if (this.painted.get(docid) === look) continue;
      this.painted.set(docid, look);
      for (const card of cards) card.paint(grade, pending, stale);
    }
    this.paintIdeal();
    for (const [id, head] of this.heads) head.paint(down?.measures?.[id], down?.means?.[id], down?.means_n ?? 0);
    this.summary.paint(down, this.post);
  }

  paintIdeal() {
    const order = this.ideal && idealOrder(this.ideal.rows.map((row) => row.docid), this.state.labels);
    const shown = Boolean(order?.length && order[0].grade !== null);
    const appears = shown && !this.idealShown;
    const { node, cards } = this.lists.get(IDEAL) ?? {};
    const active = this.root.activeElement;
    const within = Boolean(active && node?.contains(active));
    this.idealShown = shown;
    this.shell.classList.toggle("with-ideal", shown);
    this.shell.style.setProperty("--columns", String(this.data.columns.length + (shown ? 1 : 0)));
    if (!shown) {
      if (this.at?.column === IDEAL) this.refocus(false, within);
      return;
    }
    let place = node.firstElementChild;
    for (const { docid, rank, delta } of order) {
      const card = cards.get(docid);
      card.place(rank, delta);
      if (card.node === place) place = place.nextElementSibling;
      else node.insertBefore(card.node, place);
    }
    this.orders.find(({ id }) => id === IDEAL).docids = order.map(({ docid }) => docid);
    if (within && active !== this.root.activeElement) active.focus({ preventScroll: true });
    if (appears) requestAnimationFrame(() => this.measure());
  }

  /** Offers "more" only where something is cut off, and keeps focused cards clear of the heads. */
  measure() {
    const cards = [...this.cells.values()].flat();
    const cut = cards.map((card) => card.text.scrollHeight > card.text.clientHeight + 2);
    cards.forEach((card, index) => (card.more.hidden = !cut[index] && !this.opened.has(card.docid)));
    const heads = this.scroller?.querySelector(".heads");
    if (heads) this.scroller.style.scrollPaddingTop = `${heads.offsetHeight + 6}px`;
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const [board, cleanup] = mount(boards, parentElement, () => new Board(parentElement, data));
  board.post.wakeBy(data.key, () => setStateValue("woken", performance.now()));
  if (board.data?.version !== data.version) board.build(data);
  return cleanup;
}
