import type { InitializeProps, RenderProps } from "@anywidget/types";
import type { Model } from "./link.ts";
import { Page } from "./page.ts";
import { mountPanel } from "./view/panel.ts";

/** Called by the host once per widget object: the call belongs to that, whatever number of views it has. */
export default () => {
  let page: Page | null = null;
  return {
    /** Must not wait for the kernel: the host holds the kernel's messages back until this is done. */
    initialize({ model, signal }: InitializeProps): void {
      page = new Page(model as unknown as Model, signal);
    },
    render({ el, signal }: RenderProps): void {
      if (page) mountPanel(el, page, signal);
    },
  };
};
