/**
 * Where colours come from: an element's own name, classes and switches, and those of all that it is in. Two that agree in that
 * have the same colours on the same ground.
 */
function chainOf(element: Element): string {
  const names: string[] = [];
  for (let at: Element | null = element; at; at = parentOf(at)) {
    const told = [...at.attributes].filter(({ name }) =>
      /^(class|disabled|data-|aria-(pressed|expanded)|dir|role)/.test(name),
    );
    names.push([at.localName, ...told.map(({ name, value }) => `${name}=${value}`)].join(" "));
  }
  return names.join(" < ");
}

function parentOf(at: Element): Element | null {
  const { parentElement, parentNode } = at;
  return parentElement ?? (parentNode instanceof ShadowRoot ? parentNode.host : null);
}

/** What was looked at before, in any state, so that what differs only in its words is looked at once. */
export class Seen {
  readonly #chains = new Set<string>();

  /** Is there something in it that was not in anything before? From now on it was. */
  isNews(root: ShadowRoot, selector = "*"): boolean {
    const before = this.#chains.size;
    for (const one of root.querySelectorAll(selector)) if (one.checkVisibility()) this.#chains.add(chainOf(one));
    return this.#chains.size > before;
  }
}
