// How this tab looks at the passages: one or a list, with the guideline or without. It lives as long as the tab.

const VIEW = "rerank-lens.label-view";
const PLAIN = { list: false, guide: false };

export function viewOfTab() {
  try {
    return { ...PLAIN, ...JSON.parse(sessionStorage.getItem(VIEW) ?? "{}") };
  } catch {
    return { ...PLAIN }; // storage is forbidden here, or holds something else
  }
}

export function keepView(view) {
  try {
    sessionStorage.setItem(VIEW, JSON.stringify(view));
  } catch {
    // as above: the choice lives as long as the page
  }
}
