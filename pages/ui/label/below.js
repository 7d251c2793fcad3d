// The sign that a passage goes on below what can be seen, with how much of it.
import { el, say } from "../outbox/dom.js";

const LEAST = 6; // pixels: less is a rounding, or the padding

/** "↓ 40 % more"; "" where (almost) nothing is hidden. `hidden` and `whole` in pixels. */
export function moreWords(hidden, whole) {
  if (!(hidden > LEAST) || !(whole > 0)) return "";
  return `↓ ${Math.min(99, Math.max(1, Math.round((100 * hidden) / whole)))} % more`;
}

/**
 * Returns { node, look(), close() }. `measured()` gives { text, end }: the box of what is read, and how far down the
 * screen it can be seen; null: nothing is read. It looks again at each scroll and change of size.
 */
export function makeBelow(measured, onward) {
  const node = el("button", "below");
  node.type = "button";
  node.hidden = true;
  node.tabIndex = -1; // the arrow keys and Page Down scroll
  node.addEventListener("click", onward);
  let waiting = 0;

  function look() {
    waiting = 0;
    const found = measured();
    const words = found ? moreWords(found.text.bottom - Math.max(found.end, found.text.top), found.text.height) : "";
    say(node, words);
    node.hidden = !words;
  }

  function soon() {
    waiting ||= requestAnimationFrame(look);
  }

  document.addEventListener("scroll", soon, { capture: true, passive: true });
  window.addEventListener("resize", soon);
  const sizes = new ResizeObserver(soon);
  return {
    node,
    look: soon,
    follow: (one) => sizes.observe(one),
    close() {
      cancelAnimationFrame(waiting);
      sizes.disconnect();
      document.removeEventListener("scroll", soon, { capture: true });
      window.removeEventListener("resize", soon);
    },
  };
}
