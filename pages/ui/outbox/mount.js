// What a component keeps in its element from one call to the next.

const LOOK_MS = 1000;

/**
 * The thing that lives in `parentElement`, made by `make` at the first call, and the cleanup of this call.
 *
 * Streamlit loads a component's script anew for every change of its data. Where the data changes again meanwhile, the
 * cleanup of the overtaken call may come after the call that overtook it: only the cleanup of the last call closes, and
 * only once the element is gone. On a busy machine the last call may be an overtaken one: what it shows stays until then.
 */
export function mount(mounts, parentElement, make) {
  let mounted = mounts.get(parentElement);
  if (!mounted) mounts.set(parentElement, (mounted = { thing: make(), calls: 0 }));
  const call = ++mounted.calls;
  const cleanup = () => {
    if (mounts.get(parentElement) !== mounted || mounted.calls !== call) return;
    if (parentElement.isConnected) {
      setTimeout(cleanup, LOOK_MS);
      return;
    }
    mounts.delete(parentElement);
    mounted.thing.close();
  };
  return [mounted.thing, cleanup];
}
