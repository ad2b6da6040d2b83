"""The style and the script of the page that `to_html` makes: both stand in it as they are."""

from __future__ import annotations

# The panel's colours and measures, without the notebook's variables.
STYLE = """
:root {
  --bg: #fff;
  --around: #f4f5f7;
  --ink: #1f2328;
  --dim: #5b636c;
  --accent: #1976d2;
  --user: #1f63c4;
  --assistant: #b3510c;
  --rule: color-mix(in srgb, var(--ink) 13%, transparent);
  color-scheme: light;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #1c1f24;
    --around: #121417;
    --ink: #e6e9ee;
    --dim: #a0a7b1;
    --accent: #4f9be8;
    --user: #78b2ff;
    --assistant: #f4a261;
    color-scheme: dark;
  }
}
* {
  box-sizing: border-box;
  margin: 0;
}
body {
  padding: 16px;
  background: var(--around);
  font: 13px / 20px system-ui, sans-serif;
  color: var(--ink);
}
main {
  max-width: 720px;
  margin: 0 auto;
  background: var(--bg);
  border: 1px solid var(--rule);
  border-radius: 8px;
}
header {
  padding: 12px 16px;
}
h1 {
  font-size: 15px;
  font-weight: 600;
  overflow-wrap: anywhere;
}
header p,
time,
.row button,
.tag,
.none {
  color: var(--dim);
}
.player {
  position: sticky;
  z-index: 1;
  top: 0;
  background: var(--bg);
  border-block: 1px solid var(--rule);
}
svg {
  display: block;
  width: 100%;
  height: 56px;
  background: color-mix(in srgb, var(--ink) 3%, transparent);
  cursor: pointer;
}
svg .user {
  fill: var(--user);
}
svg .assistant {
  fill: var(--assistant);
}
svg line {
  stroke: var(--ink);
  vector-effect: non-scaling-stroke;
}
.controls {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px 16px;
  padding: 8px 16px;
}
audio {
  flex: 1;
  min-width: 240px;
  height: 40px;
}
label {
  display: flex;
  align-items: center;
  gap: 6px;
  min-height: 24px;
}
input {
  width: 16px;
  height: 16px;
  accent-color: var(--accent);
}
[role="status"] {
  flex-basis: 100%;
}
[role="status"]:empty {
  display: none;
}
ol {
  list-style: none;
  display: grid;
  grid-template-columns: 64px minmax(84px, auto) 1fr;
  padding: 8px 0;
}
.none {
  padding: 16px;
}
.row {
  display: grid;
  grid-column: 1 / -1;
  grid-template-columns: subgrid;
  align-items: baseline;
  padding: 4px 16px 4px 13px;
  border-left: 3px solid transparent;
  scroll-margin: 160px 0 16px;
}
.playable .row {
  cursor: pointer;
}
.playable .row:hover {
  background: color-mix(in srgb, var(--ink) 5%, transparent);
}
.row[aria-current] {
  background: color-mix(in srgb, var(--accent) 12%, transparent);
  border-left-color: var(--accent);
}
.row button {
  justify-self: start;
  min-width: 44px;
  min-height: 24px;
  padding: 0 4px;
  margin-left: -4px;
  background: none;
  border: 0;
  border-radius: 4px;
  text-align: left;
  cursor: pointer;
}
time,
.row button {
  font: 12px / 20px system-ui, sans-serif;
  font-variant-numeric: tabular-nums;
}
.role {
  max-width: 160px;
  padding-right: 16px;
  font-weight: 600;
  overflow-wrap: anywhere;
}
.user .role {
  color: var(--user);
}
.assistant .role {
  color: var(--assistant);
}
/* A list's own alignment is that of the list, whichever way a text runs. */
.text {
  min-width: 0;
  overflow-wrap: anywhere;
  text-align: start;
}
.now {
  border-radius: 3px;
  color: var(--bg);
  background: var(--accent);
}
.tag {
  display: inline-block;
  padding: 0 5px;
  font-size: 12px;
  line-height: 16px;
  border: 1px solid var(--rule);
  border-radius: 6px;
}
:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 1px;
}
@media (width < 480px) {
  ol {
    grid-template-columns: 64px 1fr;
  }
  .text {
    grid-column: 1 / -1;
  }
}
@media print {
  .player {
    display: none;
  }
}
"""

SCRIPT = """
"use strict";
{
  const audio = document.querySelector("audio");
  const follow = document.querySelector("input");
  const list = document.querySelector("ol");
  const lanes = document.querySelector("svg");
  const cursor = document.querySelector("line");
  const buttons = [...document.querySelectorAll(".row button")];
  const total = Number(lanes.dataset.total);
  const timed = (place) =>
    [...place].map((at) => ({ at, start: Number(at.dataset.start), end: Number(at.dataset.end), on: false }));
  const rows = timed(document.querySelectorAll(".row"));
  const words = timed(document.querySelectorAll(".text [data-start]"));

  // What has changed since the last look is marked, and no more: a talk may have thousands of words.
  const look = () => {
    const now = audio.currentTime * 1000;
    let newest = null;
    for (const row of rows) {
      const on = row.start <= now && now < row.end;
      if (on === row.on) continue;
      row.on = on;
      if (on) row.at.setAttribute("aria-current", "true");
      else row.at.removeAttribute("aria-current");
      if (on) newest = row.at;
    }
    for (const word of words) {
      const on = word.start <= now && now < word.end;
      if (on !== word.on) word.at.classList.toggle("now", (word.on = on));
    }
    const x = String(Math.min(1000, (now / total) * 1000));
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    if (newest && follow.checked) newest.scrollIntoView({ block: "nearest" });
  };
  const frame = () => {
    look();
    if (!audio.paused) requestAnimationFrame(frame);
  };
  const hear = (ms) => {
    audio.currentTime = ms / 1000;
    audio.play().catch(() => {});
  };
  const stay = () => {
    if (!audio.paused) follow.checked = false;
  };
  audio.addEventListener("play", frame);
  for (const name of ["timeupdate", "seeked", "pause"]) audio.addEventListener(name, look);
  audio.addEventListener("error", () => {
    document.querySelector("[role=status]").textContent = "This browser cannot play the sound in this page.";
  });
  addEventListener("wheel", stay, { passive: true });
  addEventListener("touchmove", stay, { passive: true });
  lanes.addEventListener("click", (event) => {
    const box = lanes.getBoundingClientRect();
    hear(((event.clientX - box.left) / box.width) * total);
  });

  // One stop for Tab, then the arrows: a talk may have hundreds of rows.
  const stand = (at) => {
    for (const button of buttons) button.tabIndex = button === buttons[at] ? 0 : -1;
  };
  stand(0);
  list.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (!row || (!event.target.closest("button") && !getSelection().isCollapsed)) return;
    stand(buttons.indexOf(row.querySelector("button")));
    hear(Number(row.dataset.start));
  });
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const end = buttons.length - 1;
    const ways = { ArrowDown: Math.min(at + 1, end), ArrowUp: Math.max(at - 1, 0), Home: 0, End: end };
    const to = ways[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    stand(to);
    buttons[to].focus();
  });
}
"""
