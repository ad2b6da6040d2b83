/** A key of the host's own, such as save or its palette: with Control or Command, but what a text field needs. */
export function ofHost(event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.length !== 1) return false;
  const field = event.composedPath()[0] as Element;
  const key = event.key.toLowerCase();
  const edits = "avxyz".includes(key) || (key === "c" && !event.shiftKey);
  return !(edits && field.matches("input, textarea"));
}
