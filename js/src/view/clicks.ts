/** For buttons that turn into their opposite, or act at once: the second click of a double click meant what the first one did. */
export function onFirst(act: () => void): (event: MouseEvent) => void {
  return ({ detail }) => {
    if (detail <= 1) act();
  };
}
