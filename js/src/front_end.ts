import type { FrontEnd } from "./model.gen.ts";

/** What shows this page, as far as it says so. */
export function frontEnd(): FrontEnd {
  return { app: application(), browser: navigator.userAgent };
}

/** Not a browser's window but one of an application, as JupyterLab Desktop or VS Code. */
export const inApplication = () => /Electron/.test(navigator.userAgent);

/** The version of the marimo that shows this page, as it writes it there; null: it is no marimo. */
export function marimo(): string | null {
  const written = document.querySelector<HTMLElement>("marimo-version");
  return written && `${written.dataset.version ?? ""}`;
}

/** Pages say what they are by a name in their head, as our own tab; JupyterLab and its like write it elsewhere. */
function application(): string {
  const version = marimo();
  if (version !== null) return `marimo ${version}`.trim();
  const named = document.querySelector<HTMLMetaElement>("meta[name=application-name]");
  if (named) return named.content;
  try {
    const told = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
    return [told.appName, told.appVersion].filter((part) => typeof part === "string").join(" ");
  } catch {
    return "";
  }
}
