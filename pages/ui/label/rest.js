// What stands where the passage was when there is none: waiting for more, or everything is done.
import { el } from "../outbox/dom.js";
import { many } from "./words.js";

function lines(desk, counts, connected) {
  if (desk.started && desk.ended && desk.decision && !counts.skipped) {
    return { title: desk.decision.headline, text: desk.decision.lines.slice(1).join(" ") };
  }
  if (!desk.started) return { title: "One moment …", text: "Loading your list." };
  if (!desk.ended) {
    return connected
      ? { title: "Loading the next passages …", text: "They appear here automatically." }
      : { title: "No connection", text: "Your grades are kept in this tab. The next passages come when the connection is back." };
  }
  if (counts.skipped) {
    return {
      title: `Done, except for ${many(counts.skipped, "skipped passage", "skipped passages")}`,
      text: "Press → to see them again, or stop here: all your grades are saved.",
      again: "See them again",
    };
  }
  if (!counts.done) return { title: "There is nothing to grade", text: "Every passage on this list already has a grade." };
  return {
    title: "Thank you. Every passage on your list is graded.",
    text: `${many(counts.done, "grade", "grades")} by you, all saved. You can close this window, or press ← to change a grade.`,
  };
}

/** Fills `node`. `links`: [{ label, href }], where to go when all is done. Nothing is built again for the same words. */
export function paintRest(node, desk, counts, connected, links, again) {
  const said = lines(desk, counts, connected);
  const look = JSON.stringify(said);
  if (node.dataset.look === look) return;
  node.dataset.look = look;
  const parts = [el("h1", "", said.title), el("p", "", said.text)];
  if (said.again) {
    const button = el("button", "tool", said.again);
    button.type = "button";
    button.addEventListener("click", again);
    parts.push(button);
  }
  if (desk.ended && links.length) {
    const nav = el("p", "links");
    for (const { label, href } of links) {
      const link = el("a", "", label);
      link.href = href;
      link.target = "_self";
      nav.append(link);
    }
    parts.push(nav);
  }
  node.replaceChildren(...parts);
}
