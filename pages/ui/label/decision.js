// Where the verdict stands, beside the passages: an interval that narrows with each grade, and the margin behind it.
import { el, say } from "../outbox/dom.js";

const ROOM = 1.15; // beyond the widest interval seen, so that its ends can be seen

/** Three decimals with a true sign, as everywhere. */
export function signed(value) {
  const text = Math.abs(value).toFixed(3);
  return Number(text) === 0 ? "0.000" : `${value < 0 ? "−" : "+"}${text}`;
}

/** How far the scale goes from 0 to either side: what was widest so far stays, so that narrowing is seen. */
export function reachOf({ low, high, margin }, before = 0) {
  return Math.max(before, ROOM * Math.max(Math.abs(low), Math.abs(high), 2 * margin));
}

/** Where a value lies, in percent from the left; beyond the scale: at its end. */
export function placeOf(value, reach) {
  return 50 + 50 * Math.max(-1, Math.min(1, value / reach));
}

function span(node, low, high, reach) {
  const from = placeOf(low, reach);
  node.style.left = `${from}%`;
  node.style.width = `${placeOf(high, reach) - from}%`;
}

/** Returns { node, paint(decision) }; decision: as `page_data` sends it, or null. */
export function makeDecision() {
  const node = el("aside", "decision");
  node.setAttribute("aria-label", "Where the verdict stands");
  const word = el("p", "word", "");
  word.setAttribute("role", "status");
  const drawing = el("div", "drawing");
  drawing.setAttribute("role", "img");
  const [margin, zero, outer, inner, dot] = ["margin", "zero", "outer", "inner", "dot"].map((name) => el("span", name));
  drawing.append(margin, outer, inner, zero, dot);
  const ends = el("p", "ends");
  const [low, middle, high] = [el("span"), el("span", "", "0"), el("span")];
  ends.append(low, middle, high);
  const lines = el("div", "lines");
  node.append(word, drawing, ends, lines);
  let reach = 0;
  let shown = "";
  return {
    node,
    paint(decision) {
      node.hidden = !decision;
      const look = JSON.stringify(decision);
      if (!decision || look === shown) return;
      shown = look;
      reach = reachOf(decision, reach);
      node.dataset.word = decision.word;
      node.dataset.over = String(decision.over);
      say(word, decision.headline);
      span(margin, -decision.margin, decision.margin, reach);
      span(outer, decision.low, decision.high, reach);
      span(inner, decision.left[0], decision.left[1], reach);
      dot.style.left = `${placeOf(decision.delta, reach)}%`;
      zero.style.left = "50%";
      say(low, signed(-reach));
      say(high, signed(reach));
      drawing.setAttribute("aria-label", `Difference ${signed(decision.delta)}, from ${signed(decision.low)} to ${signed(decision.high)}`);
      lines.replaceChildren(...decision.lines.map((text) => el("p", "", text)));
    },
  };
}
