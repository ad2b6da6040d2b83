/** By a selection, as before there was a clipboard. False: the browser does not let it. */
export function copyOldWay(text: string, root: ShadowRoot): boolean {
  const focused = root.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  root.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return done;
}
