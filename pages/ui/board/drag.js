// Columns moved by dragging their heads, with a mouse or a pen. A finger scrolls the board; the menu moves columns too.

const FAR = 5; // pixels, from which a press is a drag
const EDGE = 48; // pixels from the side of the board, within which it scrolls
const STEP = 14; // pixels that it scrolls per frame

/** The id in front of which a column is dropped at `x`, null: behind all. `places`: [{ id, left, right, pinned }]. */
export function placeAt(places, x) {
  const pinned = places.filter((place) => place.pinned);
  const edge = pinned.length ? Math.max(...pinned.map(({ right }) => right)) : -Infinity;
  // pinned columns lie over those that are scrolled under them
  const within = (place) => (x < edge ? place.pinned : !place.pinned);
  const next = places.find((place) => within(place) && x < (place.left + place.right) / 2);
  if (next) return next.id;
  return x < edge ? (places.find((place) => !place.pinned)?.id ?? null) : null;
}

/**
 * Lets the heads in `row` be dragged by their first line. `places()`: as for `placeAt`, from left to right.
 * `drop(id, before)`: where one was let go. Returns a function that stops listening.
 */
export function draggable(row, scroller, places, drop) {
  let held = null; // { id, head, start, x, before, moving }

  const mark = (before) => {
    const all = places();
    for (const { id } of all) {
      const { classList } = row.querySelector(`[data-column="${CSS.escape(id)}"]`);
      classList.toggle("drop-before", id === before);
      classList.toggle("drop-after", before === null && id === all.at(-1).id);
    }
  };
  const unmark = () => {
    for (const head of row.children) head.classList.remove("drop-before", "drop-after", "dragged");
  };
  const end = () => {
    if (!held) return;
    held = null;
    row.classList.remove("dragging");
    unmark();
    window.removeEventListener("keydown", escape, true);
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    end();
  };
  const follow = () => {
    if (!held?.moving) return;
    const { left, right } = scroller.getBoundingClientRect();
    const by = held.x < left + EDGE ? -STEP : held.x > right - EDGE ? STEP : 0;
    if (by) scroller.scrollLeft += by;
    const before = placeAt(places(), held.x);
    if (before !== held.before) mark((held.before = before));
    requestAnimationFrame(follow);
  };
  const press = (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    const line = event.target.closest?.(".line");
    const head = line?.closest(".head");
    if (!head?.classList.contains("movable") || event.target.closest("button")) return;
    held = { id: head.dataset.column, head, start: event.clientX, x: event.clientX, before: undefined, moving: false };
    head.setPointerCapture(event.pointerId);
    event.preventDefault(); // no text is selected on the way
  };
  const move = (event) => {
    if (!held) return;
    held.x = event.clientX;
    if (held.moving || Math.abs(held.x - held.start) < FAR) return;
    held.moving = true;
    held.head.classList.add("dragged");
    row.classList.add("dragging");
    window.addEventListener("keydown", escape, true);
    follow();
  };
  const release = () => {
    const { id, before, moving } = held ?? {};
    end();
    if (moving && before !== undefined) drop(id, before);
  };
  const listeners = { pointerdown: press, pointermove: move, pointerup: release, pointercancel: end, lostpointercapture: end };
  for (const [name, listener] of Object.entries(listeners)) row.addEventListener(name, listener);
  return () => {
    end();
    for (const [name, listener] of Object.entries(listeners)) row.removeEventListener(name, listener);
  };
}
