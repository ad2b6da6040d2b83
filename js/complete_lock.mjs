// `npm run lock`: npm leaves platforms out of the lock file that its registry does not carry (mirrors often carry only
// their own), and then `npm ci` refuses the file everywhere. This puts them back; npm checks what it fetches all the same.
import { readFileSync, writeFileSync } from "node:fs";

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "win32"];
const PROCESSORS = ["arm64", "x64", "ia32", "arm", "riscv64", "s390x", "ppc64", "loong64"];

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const packages = { ...lock.packages };
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const words = name.split(/[/-]/);
    const os = SYSTEMS.find((one) => words.includes(one));
    const cpu = PROCESSORS.find((one) => words.includes(one));
    const libc = words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
    packages[`node_modules/${name}`] ??= {
      version,
      ...(cpu ? { cpu: [cpu] } : {}),
      dev: true,
      ...(os === "linux" ? { libc: [libc] } : {}),
      optional: true,
      ...(os ? { os: [os] } : {}),
    };
  }
}
const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
