import type { InitializeProps, RenderProps } from "@anywidget/types";
import type { Model } from "./given.ts";
import { Replayed } from "./replayed.ts";
import { mountReplay } from "./view.ts";

/** Called by the host once per widget object: its views play one sound. */
export default () => {
  let replayed: Replayed | null = null;
  return {
    initialize({ model, signal }: InitializeProps): void {
      replayed = new Replayed(model as unknown as Model, signal);
    },
    render({ el, signal }: RenderProps): void {
      if (replayed) mountReplay(el, replayed, signal);
    },
  };
};
