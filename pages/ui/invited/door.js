// The door: finds the code of the invitation in the address, takes it out of it, and keeps it in this browser.
// It stands behind the #, which is sent to no server; afterwards only the invitation's id stands there.
const KEPT = "rerank-lens.invitation.";
const OUTBOX = "rerank-lens.outbox";
const WHOLE = /^([0-9a-f]{8})\.([0-9a-f]{48})$/;

function kept(id, token) {
  try {
    if (token === null) localStorage.removeItem(KEPT + id);
    else if (token !== undefined) localStorage.setItem(KEPT + id, token);
    return localStorage.getItem(KEPT + id);
  } catch {
    return null; // storage is forbidden here: the address keeps the code
  }
}

function readCode() {
  const said = decodeURIComponent(location.hash.slice(1)).trim();
  const whole = WHOLE.exec(said);
  if (whole) {
    if (kept(whole[1], whole[2]) === whole[2]) {
      history.replaceState(history.state, "", `${location.pathname}${location.search}#${whole[1]}`);
    }
    return said;
  }
  const token = /^[0-9a-f]{8}$/.test(said) ? kept(said) : null;
  return token ? `${said}.${token}` : said;
}

/** How many grades of this tab wait to be saved. */
function waiting() {
  try {
    return JSON.parse(sessionStorage.getItem(OUTBOX) ?? "[]").length;
  } catch {
    return 0;
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const tell = () => setStateValue("code", readCode());
  parentElement.querySelector("p")?.remove();
  const count = data.closed ? waiting() : 0;
  if (count) {
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    const said = count === 1 ? "1 grade is not saved. It waits" : `${count} grades are not saved. They wait`;
    note.textContent = `${said} in this tab, for a new link with the same name.`;
    parentElement.append(note);
  }
  if (!data.asked) tell();
  window.addEventListener("hashchange", tell);
  return () => window.removeEventListener("hashchange", tell);
}
