import type { FrontEnd } from "./model.gen.ts";

/** What shows this page, as far as it says so. */
export function frontEnd(): FrontEnd {
  return { app: application(), browser: navigator.userAgent };
}

/** JupyterLab and its like write their name and version into the page. */
function application(): string {
  try {
    const told = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
    return [told.appName, told.appVersion].filter((part) => typeof part === "string").join(" ");
  } catch {
    return "";
  }
}
