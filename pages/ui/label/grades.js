// The grades as large buttons with their keys and names, each with its guideline when that is asked for.
import { el, tone } from "../outbox/dom.js";

/** Returns { node, paint(mark), guide(shown) }; `chosen` is called with the grade of a button that was clicked. */
export function makeGrades(scale, chosen) {
  const node = el("div", "grades");
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", "Your grade");
  node.style.setProperty("--steps", String(scale.length));
  node.classList.toggle("many", scale.length > 5);
  const buttons = scale.map((step, place) => {
    const button = el("button", `grade tone${tone(place, scale.length)}`);
    button.type = "button";
    button.dataset.grade = String(step.grade);
    button.setAttribute("aria-keyshortcuts", step.key);
    button.setAttribute("aria-pressed", "false");
    const name = el("span", "name", step.name);
    name.dir = "auto";
    const guideline = el("span", "guideline", step.guideline || "This grade has no guideline yet.");
    guideline.classList.toggle("empty", !step.guideline);
    guideline.dir = "auto";
    button.append(el("kbd", "", step.key), name, guideline);
    button.addEventListener("click", () => chosen(step.grade));
    node.append(button);
    return button;
  });
  return {
    node,
    paint(mark) {
      scale.forEach((step, place) => buttons[place].setAttribute("aria-pressed", String(mark?.grade === step.grade)));
      buttons.forEach((button) => (button.disabled = !mark));
    },
    guide(shown) {
      node.classList.toggle("guided", shown);
    },
  };
}
