/**
 * What the second bundle has of the first one, handed over by `take`: lit-html, and what both are made of. `js/bundles.mjs` puts
 * it in the place of the modules themselves, so that there is one of each: an error that is made here is known there.
 */
import type { Given } from "./given.ts";

export let html: Given["html"];
export let nothing: Given["nothing"];
export let repeat: Given["repeat"];
export let PageFailure: Given["PageFailure"];
export let checkMicrophone: Given["checkMicrophone"];
export let askMicrophone: Given["askMicrophone"];
export let takeMicrophone: Given["takeMicrophone"];
export let drawn: Given["drawn"];
export let icon: Given["icon"];

export function take(given: Given): void {
  ({ html, nothing, repeat, PageFailure, checkMicrophone, askMicrophone, takeMicrophone, drawn, icon } = given);
}
