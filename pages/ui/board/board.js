// The comparison board: builds the columns once per version, then only paints grades, the ideal order and figures.
import { idealOrder, moved, predicted, undoOf } from "./reducer.js";
import { isSameView, outdated } from "../outbox/events.js";
import { openPost } from "../outbox/post.js";
import { mount } from "../outbox/mount.js";
import { el } from "../outbox/dom.js";
import { makeCard } from "./card.js";
import { draggable } from "./drag.js";
import { makeHead } from "./head.js";
import { listen } from "./keys.js";
import { arranged, dropped, layoutOf, readdress, rearranged, withLayout, withPlace } from "./layout.js";
import { makeSummary } from "./summary.js";

const IDEAL = "ideal";
const boards = new WeakMap();
const histories = new Map();
const MORE = "rerank-lens.more-figures";

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
    seconds: null, rough: false, scale: "", badges: [], state: "ready", message: "",
    rows: baseline.rows.map((row) => ({ ...row, score: null, delta: 0, cut: 0, share: null })),
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
    // the card that somebody comes back to, and the columns as the link or this tab has them
    this.wanted = data.place ?? null;
    const linked = layoutOf(window.location.search);
    this.layout = linked.order.length || linked.pinned !== null ? linked : (this.slot.layout ?? linked);
    this.shell = el("div", "board");
    this.shell.classList.toggle("more-figures", sessionStorage.getItem(MORE) === "1");
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
    this.stopDrag?.();
    this.shell.remove();
  }

  build(data) {
    const sameQuery = this.data?.query.qid === data.query.qid && this.data?.outbox_key === data.outbox_key;
    const focused = this.scroller?.contains(this.root.activeElement) ?? false;
    const scroll = sameQuery ? [this.scroller.scrollLeft, this.scroller.scrollTop] : [0, 0];
    if (!sameQuery) this.opened.clear();
    this.stopKeys?.();
    this.stopDrag?.();
    this.data = data;
    this.painted = new Map();
    this.cells = new Map();
    this.heads = new Map();
    this.orders = [];
    this.lists = new Map();
    this.hovered = null;
    this.lit = null;

    const more = { shown: this.shell.classList.contains("more-figures"), toggle: () => this.toggleFigures() };
    this.summary = makeSummary(data.query, data.scale, more);
    this.scroller = el("div", "scroller");
    this.headRow = el("div", "row heads");
    this.factRow = el("div", "row");
    this.body = el("div", "row body");
    this.scroller.append(this.headRow, this.factRow, this.body);
    this.ideal = idealColumn(data);
    for (const column of this.ideal ? [...data.columns, this.ideal] : data.columns) {
      const isBaseline = column.id === data.baseline;
      const act = column.id === IDEAL ? null : (step) => this.rearrange(column.id, step);
      const list = this.list(column, isBaseline);
      this.heads.set(column.id, { ...makeHead(column, data.measures, isBaseline, act), list });
    }
    this.shell.replaceChildren(this.summary.node, this.scroller);
    this.listenTo();
    this.received();
    this.arrange();
    this.refocus(sameQuery, focused);
    this.scroller.scrollTo(...scroll);
    this.comeBack();
    requestAnimationFrame(() => this.measure());
  }

  /** Puts the columns in their order; the ideal one stays last. */
  arrange() {
    const ids = this.data.columns.map(({ id }) => id);
    const now = arranged(ids, this.layout, ids.length + (this.idealShown ? 1 : 0));
    const order = this.ideal ? [...now.ids, IDEAL] : now.ids;
    for (const [place, id] of order.entries()) {
      const { head, facts, list, fit } = this.heads.get(id);
      const pin = now.pinned.indexOf(id);
      for (const [row, node] of [[this.headRow, head], [this.factRow, facts], [this.body, list]]) {
        if (row.children[place] !== node) row.insertBefore(node, row.children[place] ?? null);
        node.classList.toggle("pinned", pin >= 0);
        node.style.setProperty("--pin", String(Math.max(pin, 0)));
      }
      fit(pin >= 0, place === 0, place === ids.length - 1);
    }
    this.pinned = now.pinned.length;
    this.orders.sort((one, other) => order.indexOf(one.id) - order.indexOf(other.id));
  }

  /** Takes a step of a column's menu. */
  rearrange(id, step) {
    this.relay(id, (ids, shown) => rearranged(ids, this.layout, id, step, shown));
  }

  /** Moves a column that was dropped in front of another one; null: behind all. */
  drop(id, before) {
    this.relay(id, (ids, shown) => dropped(ids, this.layout, id, before, shown));
  }

  /** Lays the columns out anew, says where column `id` is now, and keeps the layout in the address and in this tab. */
  relay(id, change) {
    const ids = this.data.columns.map((column) => column.id);
    this.layout = this.slot.layout = change(ids, ids.length + (this.idealShown ? 1 : 0));
    this.arrange();
    this.measure();
    readdress(withLayout(window.location.search, this.layout, ids));
    const { label } = this.data.columns.find((column) => column.id === id);
    const place = this.orders.findIndex((order) => order.id === id) + 1;
    this.summary.announce(`${label}: column ${place} of ${ids.length}${this.heads.get(id).head.matches(".pinned") ? ", pinned" : ""}`);
  }

  /** Where the heads that can be moved stand on the screen, from left to right. */
  places() {
    return [...this.headRow.querySelectorAll(".movable")].map((head) => {
      const { left, right } = head.getBoundingClientRect();
      return { id: head.dataset.column, left, right, pinned: head.classList.contains("pinned") };
    });
  }

  toggleFigures() {
    const shown = this.shell.classList.toggle("more-figures");
    sessionStorage.setItem(MORE, shown ? "1" : "0");
    this.measure();
    return shown;
  }

  /** Focuses the card that somebody left for another page, once it is here. */
  comeBack() {
    const card = this.card(this.wanted);
    if (!card) return;
    this.wanted = null;
    this.byKey = true;
    requestAnimationFrame(() => {
      this.measure();
      card.node.focus({ preventScroll: true });
      card.node.scrollIntoView({ block: "center", inline: "nearest" });
      readdress(withPlace(window.location.search, null));
    });
  }

  /** Opens the page that explains why a passage stands where it does; the way back leads to this card. */
  why({ column, docid }) {
    const system = column === IDEAL ? this.data.baseline : column;
    readdress(withPlace(window.location.search, { column: system, docid }));
    this.askWhy({ system, docid });
  }

  whyAddress(column, docid) {
    if (!this.data.inspect) return "";
    const system = column === IDEAL ? this.data.baseline : column;
    return `Inspect?${withPlace(this.data.inspect, { column: system, docid })}`;
  }

  list(column, isBaseline) {
    const list = el("section", `column ${column.state}`);
    list.dataset.column = column.id;
    list.setAttribute("aria-label", isBaseline ? `${column.label}, baseline` : column.label);
    const cards = new Map();
    if (column.state === "ready") {
      for (const row of column.rows) {
        const why = this.whyAddress(column.id, row.docid);
        const card = makeCard(this.data.docs[row.docid] ?? {}, row, column, this.data.scale, isBaseline, why);
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
      why: () => this.at && this.data.inspect && this.why(this.at),
      help: () => this.summary.help(),
    });
    this.stopDrag = draggable(this.headRow, this.scroller, () => this.places(), (id, before) => this.drop(id, before));
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
      const { docid, column } = card.dataset;
      const link = event.target.closest(".why");
      if (link) {
        // a click that asks for another tab or window is the browser's
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        this.why({ column, docid });
        return;
      }
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
    if (!appears) return;
    this.arrange();
    requestAnimationFrame(() => this.measure());
  }

  /** Offers "more" only where something is cut off, and keeps focused cards clear of the heads. */
  measure() {
    const cards = [...this.cells.values()].flat();
    const cut = cards.map((card) => card.text.scrollHeight > card.text.clientHeight + 2);
    cards.forEach((card, index) => (card.more.hidden = !cut[index] && !this.opened.has(card.docid)));
    if (!this.scroller) return;
    this.summary.measure();
    this.scroller.style.scrollPaddingTop = `${this.headRow.offsetHeight + 6}px`;
    const first = this.headRow.firstElementChild;
    const fixed = first && getComputedStyle(first).position === "sticky" ? this.pinned * first.offsetWidth : 0;
    this.scroller.style.scrollPaddingLeft = `${fixed}px`;
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const [board, cleanup] = mount(boards, parentElement, () => new Board(parentElement, data));
  board.post.wakeBy(data.key, () => setStateValue("woken", performance.now()));
  board.askWhy = (place) => setTriggerValue("why", place);
  if (board.data?.version !== data.version) board.build(data);
  return cleanup;
}
