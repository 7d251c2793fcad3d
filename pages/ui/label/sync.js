// Carries the outbox and the wanted texts up, the server's answer down. It is sent again at every grade: keep it tiny.
export default function ({ data, setStateValue }) {
  const hub = (window[Symbol.for("rerank-lens.board")] ??= new Map());
  if (!hub.has(data.key)) hub.set(data.key, {});
  const slot = hub.get(data.key);
  const send = (events, want) => {
    setStateValue("want", want);
    setStateValue("outbox", events);
  };
  slot.down = data;
  slot.send = send;
  slot.changed?.();
  return () => {
    if (slot.send === send) slot.send = null;
    slot.changed?.();
  };
}
