(pages => {
  // Streamlit makes each correction of the address an entry of the history: Back then walks through addresses that
  // nobody chose. A page is an entry; what is set on it replaces the page's address.
  const push = history.pushState.bind(history)
  history.pushState = (state, title, url) => {
    const isSamePage = new URL(url ?? location.href, location.href).pathname === location.pathname
    return isSamePage ? history.replaceState(state, title, url) : push(state, title, url)
  }
  // On a phone the sidebar lies over the page: it goes once a page has been chosen in it
  const closeSidebar = () => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click()
  document.addEventListener("click", event => {
    if (innerWidth < 768 && event.target.closest?.(".st-key-menu a")) setTimeout(closeSidebar)
  })
  // Streamlit looks for its server below the page's own path first, which costs two requests that fail
  const parts = location.pathname.replace(/\/+$/, "").split("/")
  if (pages.includes(parts.at(-1))) {
    window.__streamlit = { ...window.__streamlit, BACKEND_BASE_URL: `${location.origin}${parts.slice(0, -1).join("/")}/` }
  }
})
