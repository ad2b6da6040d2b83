// A replay in a page of its own: the kernel answers by a function that the benchmark gives.
window.bench = {
  /** Show it. Gives how long it took until it was drawn: scripts, styles, layout, and the next frame. */
  async mount({ traits, bytes, width }) {
    const listeners = new Map();
    const emit = (name, ...told) => {
      for (const call of listeners.get(name) ?? []) call(...told);
    };
    this.emit = emit;
    const view = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    for (const [name, text] of Object.entries(bytes)) traits[name] = view(text);
    const model = {
      get: (name) => traits[name],
      on: (name, call) => listeners.set(name, [...(listeners.get(name) ?? []), call]),
      off: () => {},
      send: async (message) => {
        for (const [kind, told, buffers] of await window.kernel(message)) {
          if (kind === "message") emit("msg:custom", told, buffers.map(view));
          else {
            traits[told] = buffers.length ? view(buffers[0]) : traits[told];
            emit(`change:${told}`);
          }
        }
      },
    };
    const { default: widget } = await import("/replay.js");
    const el = document.body.appendChild(document.createElement("div"));
    el.style.width = `${width}px`;
    const began = performance.now();
    const { initialize, render } = widget();
    const { signal } = new AbortController();
    initialize({ model, signal });
    render({ model, el, signal });
    this.root = el.firstElementChild.shadowRoot;
    const drawn = () => this.root.querySelector(".wave > div")?.shadowRoot.querySelector("canvas");
    while (!drawn()) await this.frame();
    await this.frame();
    return performance.now() - began;
  },
  /** Play it from there. Gives how long it took until it sounds. */
  async sounds(ms) {
    const time = () => this.root.querySelector("header time").textContent;
    this.emit("msg:custom", { type: "seek", ms });
    await this.frame();
    await this.frame();
    const before = time();
    const began = performance.now();
    this.root.querySelector(".play").click();
    while (time() === before) await this.frame();
    return performance.now() - began;
  },
  /** The same peaks on one canvas, the same texts in a plain list. */
  async bare({ traits, bytes, width }) {
    const peaks = new Int8Array(Uint8Array.from(atob(bytes._envelope), (letter) => letter.charCodeAt(0)).buffer);
    const began = performance.now();
    const canvas = Object.assign(document.createElement("canvas"), { width, height: 128 });
    const brush = canvas.getContext("2d");
    const steps = peaks.length / 4;
    for (let side = 0; side < 2; side += 1)
      for (let x = 0; x < width; x += 1) {
        let [low, high] = [0, 0];
        for (let step = Math.floor((x * steps) / width); step < ((x + 1) * steps) / width; step += 1) {
          low = Math.min(low, peaks[4 * step + 2 * side] ?? 0);
          high = Math.max(high, peaks[4 * step + 2 * side + 1] ?? 0);
        }
        brush.fillRect(x, 64 * side + 32 - high / 4, 1, Math.max(1, (high - low) / 4));
      }
    const list = Object.assign(document.createElement("ol"), { style: "height: 320px; overflow: auto" });
    for (const { pieces } of traits._shown.turns)
      list.append(
        Object.assign(document.createElement("li"), { textContent: pieces.map(([text]) => text).join("") }),
      );
    document.body.append(canvas, list);
    await this.frame();
    await this.frame();
    return performance.now() - began;
  },
  /** A line that goes over a picture: what any player moves in a frame. */
  cursor() {
    const line = document.body.appendChild(document.createElement("div"));
    line.style = "position: absolute; top: 0; width: 2px; height: 128px; background: black";
    const move = (time) => {
      line.style.left = `${(time / 10) % 900}px`;
      this.going = requestAnimationFrame(move);
    };
    this.going = requestAnimationFrame(move);
  },
  frame: () => new Promise((done) => requestAnimationFrame(done)),
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  /** How many frames there are meanwhile. */
  async frames(ms) {
    const until = performance.now() + ms;
    let count = 0;
    while (performance.now() < until) {
      await this.frame();
      count += 1;
    }
    return count;
  },
};
