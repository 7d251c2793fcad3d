// The order of the columns and which ones stay at the left: rules, and their place in the address.

/** Pinned by itself where nobody chose: the first column, once there are so many that they scroll. */
const MANY = 5;

/**
 * The ids in the order of the screen: pinned ones first, then as `order` says, then the rest as they came.
 * `pinned` null: nobody chose. Returns { ids, pinned } with the ids that are pinned, from left to right.
 */
export function arranged(ids, { order, pinned }, shown = ids.length) {
  const known = order.filter((id) => ids.includes(id));
  const sorted = [...known, ...ids.filter((id) => !known.includes(id))];
  const first = pinned === null ? (shown >= MANY ? sorted.slice(0, 1) : []) : sorted.filter((id) => pinned.includes(id));
  return { ids: [...first, ...sorted.filter((id) => !first.includes(id))], pinned: first };
}

/** The layout after a step of the column's menu: "left", "right", "pin" or "unpin". */
export function rearranged(ids, layout, id, step, shown = ids.length) {
  const now = arranged(ids, layout, shown);
  const order = [...now.ids];
  const from = order.indexOf(id);
  const to = from + (step === "left" ? -1 : step === "right" ? 1 : 0);
  if (to !== from && to >= 0 && to < order.length) {
    // a column that steps past a pinned one takes its place: the pin stays where it is on the screen
    [order[from], order[to]] = [order[to], order[from]];
    const pinned = layout.pinned === null ? null : order.slice(0, now.pinned.length);
    return { order, pinned };
  }
  if (step === "pin") return { order, pinned: [...now.pinned, id] };
  if (step === "unpin") return { order, pinned: now.pinned.filter((one) => one !== id) };
  return layout;
}

/**
 * The layout after a column was dropped in front of another one, `before` (null: behind all). As many columns are pinned
 * as before: what is dropped among them takes a place of theirs.
 */
export function dropped(ids, layout, id, before, shown = ids.length) {
  const now = arranged(ids, layout, shown);
  if (id === before || !now.ids.includes(id)) return layout;
  const order = now.ids.filter((one) => one !== id);
  order.splice(before === null ? order.length : order.indexOf(before), 0, id);
  if (order.every((one, place) => one === now.ids[place])) return layout;
  return { order, pinned: layout.pinned === null ? null : order.slice(0, now.pinned.length) };
}

const NONE = "-";

/** What an address says: { order: ids, pinned: ids, [] for none, or null where it says nothing }. */
export function layoutOf(search) {
  const params = new URLSearchParams(search);
  const pinned = params.getAll("pin");
  return { order: params.getAll("cols"), pinned: pinned.length ? pinned.filter((id) => id !== NONE) : null };
}

/** The address with a layout in it; the order that the systems have anyway (`ids`) is not said. */
export function withLayout(search, { order, pinned }, ids) {
  const params = new URLSearchParams(search);
  params.delete("cols");
  params.delete("pin");
  const said = order.filter((id) => ids.includes(id));
  if (said.some((id, place) => id !== ids[place])) said.forEach((id) => params.append("cols", id));
  if (pinned !== null) (pinned.length ? pinned : [NONE]).forEach((id) => params.append("pin", id));
  return params.toString();
}

/** The address with a card in it, so that whoever comes back finds it; null: without one. */
export function withPlace(search, at) {
  const params = new URLSearchParams(search);
  params.delete("by");
  params.delete("doc");
  if (at) {
    params.set("by", at.column);
    params.set("doc", at.docid);
  }
  return params.toString();
}

/** Puts a search string into the address bar, in place of the one that is there. */
export function readdress(search) {
  const url = new URL(window.location.href);
  if (url.search.replace(/^\?/, "") === search) return;
  url.search = search;
  window.history.replaceState(window.history.state, "", url);
}
