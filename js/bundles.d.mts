import type { BuildOptions } from "esbuild";

export const shared: BuildOptions;
export const extras: BuildOptions;
export const replay: BuildOptions;
export function widget(): Promise<BuildOptions>;
export function withoutIndents(source: string): string;
