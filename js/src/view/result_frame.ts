/** What a result may bring along, and no more: it is data, shown in a frame without scripts, addresses or forms. */
const POLICY = "default-src 'none'; img-src data:; font-src data:; media-src data:; style-src 'unsafe-inline'";

/** As high as a frame gets; what is beyond it, it scrolls itself. */
const MOST_PX = 20_000;

const REFUSED = "script, meta, base, link, iframe, frame, frameset, object, embed, portal, template";
const ADDRESSES = ["href", "xlink:href", "action", "formaction", "target", "ping"];

/** The colours of the panel. */
export interface Ground {
  readonly dark: boolean;
  readonly color: string;
  readonly background: string;
  readonly font: string;
}

/** Pure, but that the browser parses it: the document of the frame. */
export function frameDocument(data: string, ground: Ground): string {
  const parsed = new DOMParser().parseFromString(data, "text/html");
  for (const element of parsed.querySelectorAll(REFUSED)) element.remove();
  for (const element of parsed.querySelectorAll("*")) {
    const address = element.getAttribute("href");
    // Where it led to can be read still.
    if (address && element.matches("a") && !element.hasAttribute("title")) element.setAttribute("title", address);
    for (const name of ADDRESSES) element.removeAttribute(name);
  }
  const { dark, color, background, font } = ground;
  return `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><style>
:root{color-scheme:${dark ? "dark" : "light"};background:${background}}
body{margin:0;padding:6px 8px;display:flow-root;width:fit-content;min-width:100%;box-sizing:border-box;color:${color};font:13px/20px ${font}}
:where(table){border-collapse:collapse;border:0;font-variant-numeric:tabular-nums}
:where(th,td){border:0;padding:2px 10px 2px 0;text-align:right;white-space:nowrap}
:where(thead th){border-bottom:1px solid ${color}}
:where(pre){margin:0;font:12px/18px monospace}
:where(p){margin:4px 0}
</style>${parsed.head.innerHTML}${parsed.body.innerHTML}`;
}

/** Make the frame as large as what is in it: it has no script that could tell. */
export function resize(frame: HTMLIFrameElement): void {
  const root = frame.contentDocument?.documentElement;
  if (!root) return;
  frame.style.width = "100%";
  if (root.scrollWidth > frame.clientWidth) frame.style.width = `${Math.min(root.scrollWidth, MOST_PX)}px`;
  frame.style.height = `${Math.min(Math.ceil(root.getBoundingClientRect().height), MOST_PX)}px`;
}
