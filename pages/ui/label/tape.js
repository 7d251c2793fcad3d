// The Label page's rules as pure functions: what waits painted over what the server says, and who comes next. No DOM.
//
// A mark is what one judge said of one passage: { grade: number | null, skipped, note, rule, rank }.
// A standing is { marks: Map key -> mark, stack: [{ key, before }] }; the stack is what undo walks back, newest last.
// The tape is the keys in the order of the screen: what is done, the one at hand, what comes.

export const OPEN = Object.freeze({ grade: null, skipped: false, note: "", rule: "", rank: null });

const pairs = new Map();

export function keyOf(qid, docid) {
  const key = JSON.stringify([qid, docid]);
  if (!pairs.has(key)) pairs.set(key, Object.freeze({ qid, docid }));
  return key;
}

export function pairOf(key) {
  return pairs.get(key);
}

export function isOpen(mark) {
  return mark !== undefined && mark.grade === null && !mark.skipped;
}

export const NOTHING = Object.freeze({ marks: new Map(), stack: [] });

/** The standing after some events, in their order; the events of other datasets and judges are left out. */
export function replayed(standing, events, outboxKey) {
  const marks = new Map(standing.marks);
  const stack = [...standing.stack];
  for (const event of events) {
    if (event.outbox_key !== outboxKey) continue;
    if (event.kind === "undo") {
      const place = stack.findLastIndex(({ key }) => event.qid === "" || pairOf(key).qid === event.qid);
      if (place < 0) continue;
      const [{ key, before }] = stack.splice(place, 1);
      marks.set(key, { ...before, note: marks.get(key)?.note ?? before.note });
      continue;
    }
    const key = keyOf(event.qid, event.docid);
    const now = marks.get(key) ?? OPEN;
    if (event.kind === "note") {
      marks.set(key, { ...now, note: event.note });
      continue;
    }
    stack.push({ key, before: now });
    marks.set(key, { ...now, grade: event.kind === "grade" ? event.grade : null, skipped: event.kind === "skip" });
  }
  return { marks, stack };
}

/**
 * What the server says, over what this tab knows. `down.ahead` comes in its order, `down.done` newest first, each entry
 * as [qid, docid, rule, grade, note, rank, skipped].
 */
export function overlaid(standing, down) {
  const marks = new Map(standing.marks);
  for (const [qid, docid, rule, grade, note, rank, skipped] of [...down.ahead, ...down.done]) {
    marks.set(keyOf(qid, docid), { grade, skipped: Boolean(skipped), note, rule, rank });
  }
  return { marks, stack: stackOf(standing.stack, down.done) };
}

/** Our own stack where the server agrees with its end (ours knows the grades before), else the server's. */
function stackOf(own, done) {
  const theirs = done.map(([qid, docid]) => keyOf(qid, docid));
  const ours = [...new Set(own.map(({ key }) => key).reverse())];
  const common = Math.min(ours.length, theirs.length);
  if (ours.slice(0, common).every((key, place) => key === theirs[place])) {
    const older = theirs.slice(common).reverse();
    return [...older.map((key) => ({ key, before: OPEN })), ...own];
  }
  const before = new Map(own.map((step) => [step.key, step.before]));
  return theirs.reverse().map((key) => ({ key, before: before.get(key) ?? OPEN }));
}

/**
 * The tape after a word from the server. All up to `reach` (the furthest key that was looked at) keeps its place, so
 * that nothing moves under the reader's eyes; what comes behind it follows the server. An open passage that the server
 * no longer offers (somebody else has graded it) goes, unless it is the one at hand.
 */
export function merged(tape, at, reach, marks, down) {
  const ahead = down.ahead.map(([qid, docid]) => keyOf(qid, docid));
  const done = down.done.map(([qid, docid]) => keyOf(qid, docid)).reverse();
  const offered = new Set(ahead);
  const fixed = tape
    .slice(0, tape.indexOf(reach) + 1)
    .filter((key) => key === at || offered.has(key) || !isOpen(marks.get(key)));
  const kept = new Set(fixed);
  const older = done.filter((key) => !kept.has(key) && !offered.has(key));
  return [...older, ...fixed, ...ahead.filter((key) => !kept.has(key))];
}

/**
 * Which passage comes after this one was dealt with: the next open one, from the start again when none is behind; once
 * nothing is open, the next skipped one behind a skipped one (the second round). null: there is none.
 */
export function nextOpen(tape, at, marks, secondRound = false) {
  const place = tape.indexOf(at);
  const behind = tape.slice(place + 1);
  const open = [...behind, ...tape.slice(0, Math.max(place, 0))].find((key) => isOpen(marks.get(key)));
  if (open !== undefined) return open;
  return (secondRound && behind.find((key) => marks.get(key)?.skipped)) || null;
}

/** The neighbour on the tape, `step` 1 forth or -1 back; itself at an end. From null (nothing at hand): the last one. */
export function neighbour(tape, at, step) {
  if (at === null) return step < 0 ? (tape.at(-1) ?? null) : null;
  return tape[tape.indexOf(at) + step] ?? at;
}

/** The passages of one query, in the order of the tape. */
export function ofQuery(tape, qid) {
  return tape.filter((key) => pairOf(key).qid === qid);
}

/** The server's counts, moved on by what it does not know yet. */
export function counted(progress, known, now) {
  const counts = { done: progress.done, left: progress.left, skipped: progress.skipped };
  for (const [key, mark] of now) {
    const before = known.get(key) ?? OPEN;
    if (before === mark) continue;
    counts[kindOf(before)] -= 1;
    counts[kindOf(mark)] += 1;
  }
  return { done: Math.max(counts.done, 0), left: Math.max(counts.left, 0), skipped: Math.max(counts.skipped, 0) };
}

function kindOf(mark) {
  return mark.grade !== null ? "done" : mark.skipped ? "skipped" : "left";
}

/** How many open passages stand before this one on the tape; null: on the whole tape. */
export function passedOver(tape, at, marks) {
  return tape.slice(0, at === null ? tape.length : tape.indexOf(at)).filter((key) => isOpen(marks.get(key))).length;
}

/**
 * The pairs [qid, docid] whose texts to ask for, those of the tape that are not here: all from the one at hand on once
 * `least` are missing, or at once when some are missing right here. `here(key)`: whether all its texts are.
 */
export function wanted(tape, at, here, least = 15) {
  const from = Math.max(tape.indexOf(at), 0);
  const near = tape.slice(Math.max(from - 3, 0), from + 10).filter((key) => !here(key));
  const behind = tape.slice(from).filter((key) => !here(key));
  if (!near.length && behind.length < least) return [];
  return [...new Set([...near, ...behind])].map((key) => [pairOf(key).qid, pairOf(key).docid]);
}
