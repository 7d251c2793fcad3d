// The stage: a button and a key for the full screen; what sets the page up is out of sight until the mouse moves.
const IDLE_MS = 3000;
// these keys present; all others bring the settings back
const PRESENTING = new Set(["ArrowLeft", "ArrowRight", "1", "2", "3", "u", "f", " "]);
const stages = new WeakMap();

function isTyping(target) {
  return Boolean(target?.closest?.("input, textarea, select, [contenteditable='true'], [role='combobox']"));
}

function turnFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

class Stage {
  constructor(root) {
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "full-screen";
    this.button.addEventListener("click", turnFullScreen);
    root.append(this.button);
    this.wake = this.wake.bind(this);
    this.pressed = this.pressed.bind(this);
    this.turned = this.turned.bind(this);
    for (const kind of ["pointermove", "pointerdown", "wheel"]) window.addEventListener(kind, this.wake, { passive: true });
    window.addEventListener("keydown", this.pressed, true);
    document.addEventListener("fullscreenchange", this.turned);
    this.turned();
    this.wake();
  }

  close() {
    for (const kind of ["pointermove", "pointerdown", "wheel"]) window.removeEventListener(kind, this.wake);
    window.removeEventListener("keydown", this.pressed, true);
    document.removeEventListener("fullscreenchange", this.turned);
    clearTimeout(this.timer);
    delete document.body.dataset.resting;
    this.button.remove();
  }

  wake(event) {
    // where cards move under a resting mouse, browsers send moves of no length
    if (event?.type === "pointermove" && event.movementX === 0 && event.movementY === 0) return;
    delete document.body.dataset.resting;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), IDLE_MS);
  }

  rest() {
    const isBusy = document.querySelector("[data-baseweb='popover'], [role='dialog'], [role='listbox']") !== null;
    if (isBusy || isTyping(document.activeElement) || matchMedia("(hover: none)").matches) return this.wake();
    document.body.dataset.resting = "true";
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!PRESENTING.has(event.key)) this.wake();
    if (event.key === "f" && !isTyping(event.composedPath()[0])) {
      event.preventDefault();
      turnFullScreen();
    }
  }

  turned() {
    this.button.textContent = document.fullscreenElement ? "Leave full screen (f)" : "Full screen (f)";
  }
}

export default function ({ parentElement }) {
  let kept = stages.get(parentElement);
  if (!kept) stages.set(parentElement, (kept = { stage: new Stage(parentElement), calls: 0 }));
  const call = ++kept.calls;
  return () => {
    if (kept.calls !== call) return;
    stages.delete(parentElement);
    kept.stage.close();
  };
}
