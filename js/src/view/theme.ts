import type { Scope } from "../scope.ts";

/** Keep `data-dark` on the host true to the page's theme: JupyterLab says it, elsewhere the background tells. */
export function followTheme(host: HTMLElement, changed: () => void, scope: Scope): void {
  const look = () => {
    host.toggleAttribute("data-dark", isDark(host));
    changed();
  };
  const observer = new MutationObserver(look);
  for (const element of [document.documentElement, document.body]) observer.observe(element, { attributes: true });
  scope.defer(() => observer.disconnect());
  scope.on(matchMedia("(prefers-color-scheme: dark)"), "change", look);
  look();
}

export function isDark(element: Element): boolean {
  const said = document.body.dataset["jpThemeLight"];
  if (said) return said === "false";
  for (let at: Element | null = element.parentElement; at; at = at.parentElement) {
    // In whatever colour space it was said, painted it has these numbers.
    const brush = new OffscreenCanvas(1, 1).getContext("2d") as OffscreenCanvasRenderingContext2D;
    brush.fillStyle = getComputedStyle(at).backgroundColor;
    brush.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, alpha = 0] = brush.getImageData(0, 0, 1, 1).data;
    if (alpha > 127) return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;
  }
  return false;
}

/** A style sheet more. */
export function adopt(root: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
}
