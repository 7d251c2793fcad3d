// The Label page: one passage after the other, by keyboard. It moves at once; the server hears of it on the way.
import { openPost } from "../outbox/post.js";
import { mount } from "../outbox/mount.js";
import { el, say } from "../outbox/dom.js";
import { makeHelp, makeLast, makeProgress, makeTools } from "./bars.js";
import { makeBelow } from "./below.js";
import { makeDecision } from "./decision.js";
import { Desk } from "./desk.js";
import { makeGrades } from "./grades.js";
import { listenEverywhere } from "./keys.js";
import { makeMine } from "./mine.js";
import { makeNote, takeDraft } from "./note.js";
import { paintRest } from "./rest.js";
import { makeQuestion, makeStage } from "./stage.js";
import { neighbour, nextOpen, pairOf } from "./tape.js";
import { announced, factsOf, lastWords, takenWords } from "./telling.js";
import { keepView, viewOfTab } from "./view.js";
import { isScale, progressWords, withKeys } from "./words.js";

const ASK_AGAIN_MS = 1500;
const LOOK_EVERY_MS = 8000; // what other tabs and people have graded meanwhile
const pages = new WeakMap();
const desks = new Map();

function labelSlot(key) {
  const hub = (window[Symbol.for("rerank-lens.board")] ??= new Map());
  if (!hub.has(key)) hub.set(key, {});
  return hub.get(key);
}

class LabelPage {
  constructor(root, data) {
    this.root = root;
    this.key = data.key;
    this.post = window[Symbol.for("rerank-lens.post")] ??= openPost();
    this.slot = labelSlot(data.key);
    this.view = viewOfTab();
    this.askedAt = -Infinity;
    this.shell = el("section", "label");
    this.shell.setAttribute("aria-label", "Grading");
    root.append(this.shell);
    this.paint = this.paint.bind(this);
    this.received = this.received.bind(this);
    this.synced = this.synced.bind(this);
    this.slot.changed = this.synced;
    this.post.watchers.add(this.paint);
    this.leaving = () => this.note?.close();
    window.addEventListener("beforeunload", this.leaving);
    this.below = makeBelow(() => this.measured(), () => this.run("pageDown"));
    this.lookAround = () => document.visibilityState === "visible" && this.look();
    document.addEventListener("visibilitychange", this.lookAround);
    window.addEventListener("focus", this.lookAround);
    this.looking = setInterval(this.lookAround, LOOK_EVERY_MS);
    this.stopKeys = listenEverywhere(() => this.scale ?? [], (act, grade) => this.run(act, grade));
  }

  close() {
    this.leaving();
    window.removeEventListener("beforeunload", this.leaving);
    this.stopKeys();
    this.below.close();
    clearInterval(this.looking);
    document.removeEventListener("visibilitychange", this.lookAround);
    window.removeEventListener("focus", this.lookAround);
    this.post.watchers.delete(this.paint);
    this.post.leave(this.key);
    if (this.slot.changed === this.synced) this.slot.changed = null;
    this.shell.remove();
  }

  build(data) {
    this.note?.close();
    const isSame = this.data?.outbox_key === data.outbox_key;
    this.data = data;
    this.scale = withKeys(data.scale);
    if (!desks.has(data.outbox_key)) desks.set(data.outbox_key, new Desk(data.outbox_key));
    this.desk = desks.get(data.outbox_key);

    this.progress = makeProgress();
    this.question = makeQuestion();
    this.stage = makeStage((key) => this.show(key));
    this.note = makeNote(data.longest_note, (to, text) => this.write(to, text), () => this.noteClosed());
    this.remark = el("p", "remark", "");
    this.remark.dir = "auto";
    this.grades = makeGrades(this.scale, (grade) => this.run("grade", grade));
    this.last = makeLast();
    this.tools = makeTools((act) => this.run(act));
    this.help = makeHelp(this.scale, () => this.stage.focus());
    this.mine = makeMine(this.scale, (words) => this.seek(words), (row) => this.reopen(row), () => this.mineClosed());
    this.decision = makeDecision();
    this.live = el("div", "live");
    this.live.setAttribute("aria-live", "polite");
    const foot = el("footer", "foot");
    foot.append(this.below.node, this.note.node, this.remark, this.grades.node, this.last.node, this.tools.node);
    this.foot = foot;
    const reading = el("div", "reading");
    reading.append(this.question.node, this.decision.node, this.stage.node);
    this.shell.replaceChildren(this.progress.node, reading, foot, this.live, this.help.node, this.mine.node);
    this.below.follow(this.shell);
    this.below.follow(this.stage.node);
    this.shown = undefined;
    this.taken = "";
    this.rescue(takeDraft());
    this.synced();
    // another list, chosen at the left: the keys are for grading again
    if (!isSame || document.activeElement === document.body) this.stage.focus();
  }

  /** A note that was half typed when the page was left is kept as far as it came. */
  rescue(draft) {
    if (!draft) return;
    const { text, ...address } = draft;
    this.post.add({ kind: "note", grade: -1, note: text, ...address });
  }

  get address() {
    return { ...pairOf(this.desk.at), outbox_key: this.data.outbox_key };
  }

  /** Does what a key or a button says. */
  run(act, grade) {
    if (!this.desk) return;
    const { desk } = this;
    const acts = {
      grade: () => desk.at !== null && this.grade(grade),
      skip: () => desk.at !== null && this.skip(),
      undo: () => this.undo(),
      back: () => this.step(-1),
      forth: () => this.step(1),
      up: () => (this.view.list ? this.step(-1) : this.stage.scroll(-90)),
      down: () => (this.view.list ? this.step(1) : this.stage.scroll(90)),
      pageUp: () => this.stage.page(-1),
      pageDown: () => this.stage.page(1),
      note: () => desk.at !== null && this.note.open(this.address, desk.mark().note),
      guide: () => this.turn("guide"),
      list: () => this.turn("list"),
      mine: () => this.mine.toggle(),
      help: () => this.help.toggle(),
    };
    if (act !== "undo") this.taken = "";
    acts[act]?.();
  }

  grade(grade) {
    const { desk } = this;
    const { name, key } = this.scale.find((step) => step.grade === grade);
    const [at, before] = [desk.at, desk.mark()];
    if (before.grade !== grade) {
      this.post.add({ kind: "grade", grade, rule: before.rule, ...this.address });
    }
    desk.goOn(before);
    this.arrive(`Graded ${key}, ${name}.`, at);
  }

  skip() {
    const { desk } = this;
    const [at, before] = [desk.at, desk.mark()];
    // a skip takes no grade away: where there is one, it only goes on
    if (before.grade === null) this.post.add({ kind: "skip", grade: -1, rule: before.rule, ...this.address });
    desk.goOn(before);
    this.arrive("Skipped.", at);
  }

  undo() {
    const { desk } = this;
    const [at, key] = [desk.at, desk.newest];
    this.taken = key === null ? "" : takenWords(desk, this.scale, key, desk.mark(key));
    this.post.add({ kind: "undo", qid: "", docid: "", grade: -1, outbox_key: this.data.outbox_key });
    if (key !== null) desk.goTo(key);
    const nothing = key === null && !desk.counts.done;
    this.arrive(nothing ? "There is nothing to undo." : `${this.taken || "Undone"}.`, at);
  }

  step(direction) {
    const { desk } = this;
    const at = desk.at;
    if (at === null && direction > 0) desk.go(nextOpen(desk.tape, null, desk.now.marks) ?? this.firstSkipped());
    else desk.go(neighbour(desk.tape, at, direction));
    this.arrive("", at);
  }

  firstSkipped() {
    return this.desk.tape.find((key) => this.desk.mark(key)?.skipped) ?? null;
  }

  show(key) {
    const at = this.desk.at;
    this.desk.go(key);
    this.arrive("", at);
  }

  /** Asks for what the judge graded, by words. */
  seek(words) {
    this.slot.send?.(this.post.outbox, { ...this.desk.wants, mine: words, at: Date.now() });
  }

  /** Shows a passage that the judge graded before, to grade it anew. */
  reopen(row) {
    const at = this.desk.at;
    this.desk.reopen(row);
    this.arrive("", at);
    this.stage.focus();
  }

  mineClosed() {
    this.slot.send?.(this.post.outbox, this.wants());
    this.stage.focus();
  }

  /** Asks what others, or this judge in another tab, have graded. */
  look() {
    if (!this.desk?.started || !this.post.connected()) return;
    if (!this.post.look(this.key)) this.slot.send?.(this.post.outbox, { ...this.wants(), at: Date.now() });
  }

  /** The box of what is read, and how far down the screen it can be seen: an own scroll area, or the page. */
  measured() {
    const text = this.stage.box();
    const [stage, foot] = [this.stage.node, this.foot].map((node) => node.getBoundingClientRect());
    return text && { text, end: this.stage.scrolls() ? stage.bottom : Math.min(foot.top, window.innerHeight) };
  }

  write(address, text) {
    this.post.add({ kind: "note", grade: -1, note: text, ...address });
    say(this.live, text ? "Note kept." : "Note removed.");
  }

  noteClosed() {
    this.paint();
    this.stage.focus();
  }

  turn(name) {
    this.view[name] = !this.view[name];
    keepView(this.view);
    this.paint();
  }

  /** Paints where we are now and says what happened, for those who listen. */
  arrive(words, before) {
    this.paint();
    say(this.live, announced(this.desk, words, before));
  }

  /** The sync component came, went, or brought something down. */
  synced() {
    const { send, down } = this.slot;
    if (send) this.post.connect(this.key, (events) => send(events, this.wants()));
    else this.post.disconnect(this.key);
    this.post.routeBy(this.key, down?.route ?? null, this.received);
    if (down) this.post.acknowledge(down);
    if (!down || !this.received(down)) this.paint();
  }

  /** An answer of the server. True: it belongs to what is shown. */
  received(down) {
    if (!this.desk || down.outbox_key !== this.data.outbox_key) return false;
    this.post.acknowledge(down); // first: what has arrived must not be counted as waiting as well
    this.desk.take(down, this.post.outbox);
    this.mine.paint(down.mine);
    if (!isScale(this.data.scale, down.scale)) this.renew(down.scale);
    this.tell(this.desk.decision);
    this.paint();
    return true;
  }

  /** The verdict has become another one, or is settled: the page around says so too. */
  tell(decision) {
    const look = decision ? `${decision.word} ${decision.over}` : "";
    if (this.told !== undefined && this.told !== look) this.wake();
    this.told = look;
  }

  /** Somebody has changed the scale: the page is run again, once for each such change. */
  renew(scale) {
    const look = JSON.stringify(scale);
    if (this.renewed === look) return;
    this.renewed = look;
    this.wake();
  }

  wants() {
    this.askedAt = performance.now();
    return this.desk.wants;
  }

  /** Asks for texts that got lost on the way, or for more where the list runs dry. */
  ask() {
    if (!this.slot.send || !this.desk.started || !this.post.connected()) return;
    if (performance.now() - this.askedAt >= ASK_AGAIN_MS && this.desk.lacks) this.slot.send(this.post.outbox, this.wants());
  }

  paint() {
    const { desk } = this;
    if (!desk) return;
    desk.replay(this.post.outbox);
    const { at } = desk;
    const counts = desk.counts;
    const mark = desk.mark();
    const qid = at === null ? null : pairOf(at).qid;
    this.shell.dataset.at = at ?? "";
    this.shell.dataset.state = at !== null ? "reading" : desk.ended ? "ended" : "waiting";
    this.shell.classList.toggle("started", desk.started);
    this.shell.classList.toggle("resting", at === null);
    this.shell.classList.toggle("deciding", Boolean(desk.decision));
    this.decision.paint(desk.decision);
    this.progress.paint(desk.started ? progressWords(counts, desk.progress) : [], counts, desk.standing);
    this.question.node.hidden = at === null;
    if (at !== null) this.question.show(qid, desk.queries.get(qid));
    else paintRest(this.stage.rest, desk, counts, this.post.connected(), this.data.next, () => this.step(1));
    const { tape, texts, now } = desk;
    const moved = this.shown !== at;
    this.shown = at;
    const facts = at === null ? "" : factsOf(desk, this.scale, this.data);
    this.stage.show({ at, tape, marks: now.marks, texts, scale: this.scale, moved, doc: desk.doc(), facts }, this.view.list);
    if (moved && at !== null) this.stage.toTop(this.question.node);
    this.below.look();
    this.paintFoot(mark);
    this.ask();
  }

  paintFoot(mark) {
    this.grades.paint(mark);
    this.grades.guide(this.view.guide);
    this.shell.classList.toggle("writing", this.note.isOpen);
    say(this.remark, mark?.note && !this.note.isOpen ? `Your note: ${mark.note}` : "");
    this.remark.hidden = !this.remark.textContent;
    this.last.paint(this.taken || lastWords(this.desk, this.scale), this.post);
    this.tools.paint({ list: this.view.list, guide: this.view.guide, note: this.note.isOpen });
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const [page, cleanup] = mount(pages, parentElement, () => new LabelPage(parentElement, data));
  page.wake = () => setStateValue("woken", performance.now());
  page.post.wakeBy(data.key, page.wake);
  if (page.data?.version !== data.version) page.build(data);
  return cleanup;
}
