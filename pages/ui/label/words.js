// What the Label page says, in words: progress, time, keys. No DOM.

export function many(n, one, more) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : more}`;
}

/** "about 25 min left"; "" where nothing is known, or less than a minute is left: the counts say enough then. */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "";
  if (seconds < 60) return "";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} min left`;
  const rest = Math.round((minutes % 60) / 5) * 5;
  const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
  return rest % 60 ? `about ${hours} h ${rest} min left` : `about ${hours} h left`;
}

const FEWEST = 10; // grades: fewer say little about a pace
const FASTEST = 60; // grades per minute: nobody reads faster

/** Seconds between two grades as grades per minute; "" where it is not known, or is no pace of reading. */
export function pace(secondsAGrade) {
  if (!secondsAGrade || 60 / secondsAGrade > FASTEST) return "";
  const rate = 60 / secondsAGrade;
  return `${rate < 10 ? rate.toFixed(1).replace(/\.0$/, "") : Math.round(rate)} per minute`;
}

/** The line of progress, in parts. */
export function progressWords(counts, progress) {
  const parts = [`${counts.done.toLocaleString("en")} done`, `${counts.left.toLocaleString("en")} left`];
  if (progress.today) {
    const [given, goal] = progress.today;
    const now = Math.max(given + counts.done - progress.done, 0);
    const reached = now >= goal ? " · goal reached, thank you" : "";
    parts.unshift(`${now.toLocaleString("en")} of ${goal.toLocaleString("en")} today${reached}`);
  }
  if (counts.skipped) parts.push(`${counts.skipped.toLocaleString("en")} skipped`);
  const rate = counts.done < FEWEST ? "" : pace(progress.seconds_a_grade);
  const time = rate && counts.left ? timeLeft(counts.left * progress.seconds_a_grade) : "";
  return time ? [...parts, rate, time] : parts;
}

/** The scale with the key of each step: its own digit where all grades have one, else its place from 0. */
export function withKeys(scale) {
  const digits = scale.every(({ grade }) => grade >= 0 && grade <= 9);
  return scale.map((step, place) => ({ ...step, key: digits ? String(step.grade) : place <= 9 ? String(place) : "" }));
}

/** Whether the scale on the screen is the one that holds at the server: [[grade, name], ...]. */
export function isScale(scale, held) {
  return JSON.stringify(scale.map(({ grade, name }) => [grade, name])) === JSON.stringify(held);
}

/** What "?" shows: [key, meaning]. */
export function keyHelp(scale) {
  return [
    ...scale.map(({ key, name }) => [key, name]),
    ["←  →", "previous and next, without a grade"],
    ["↑  ↓", "scroll a long passage; in the list: previous and next passage"],
    ["u", "undo, as often as you like"],
    ["s", "skip: the passage comes back at the end"],
    ["n", "write a note (Enter or Esc closes it)"],
    ["m", "what I graded: search it, and change a grade"],
    ["g", "show what each grade means"],
    ["l", "one passage, or all passages of this query"],
    ["?", "show these keys"],
  ];
}
