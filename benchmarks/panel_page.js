// The panel in a page of its own: the built bundle, and a kernel that says what a benchmark wants it to. What the page
// asks the browser to run is counted, whoever asks.
(() => {
  const real = {
    frame: requestAnimationFrame.bind(window),
    after: setTimeout.bind(window),
    every: setInterval.bind(window),
  };
  let long = 0;
  const observer = new PerformanceObserver((list) => {
    long += list.getEntries().length;
  });
  observer.observe({ type: "longtask" });
  const ran = {
    frames: 0,
    timers: 0,
    pictures: 0,
    /** Tasks of more than 50 ms. */
    get long() {
      long += observer.takeRecords().length;
      return long;
    },
  };
  const nextFrame = () => new Promise(real.frame);
  const wait = (ms) => new Promise((done) => real.after(done, ms));

  // A tab that is not seen gets no frames: what asks for one waits until it is seen again.
  let hidden = false;
  let held = [];
  window.requestAnimationFrame = (run) => {
    ran.frames += 1;
    if (!hidden) return real.frame(run);
    held.push(run);
    return 0;
  };
  for (const name of ["setTimeout", "setInterval"]) {
    const make = window[name].bind(window);
    window[name] = (run, ...given) =>
      make((...args) => {
        ran.timers += 1;
        run(...args);
      }, ...given);
  }
  Object.defineProperty(document, "hidden", { get: () => hidden });
  Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
  const hide = (on) => {
    hidden = on;
    document.dispatchEvent(new Event("visibilitychange"));
    if (!on) for (const run of held.splice(0)) real.frame(run);
  };

  /** What the host gives the bundle, and the kernel behind it. */
  class Kernel {
    constructor({ traits, rows, extras, url, token }) {
      Object.assign(this, { traits, rows, extras, url, token });
      this.listeners = new Map();
      this.seq = 0;
      this.page = "";
      real.every(() => this.traits.holder && this.say({ type: "beat" }), 2000);
    }
    get model() {
      const of = (name) => this.listeners.get(name) ?? new Set();
      return {
        get: (name) => this.traits[name],
        on: (name, run) => this.listeners.set(name, of(name).add(run)),
        off: (name, run) => of(name).delete(run),
        send: (message) => void this.take(message),
      };
    }
    emit(name, ...given) {
      for (const run of [...(this.listeners.get(name) ?? [])]) run(...given);
    }
    say(message) {
      this.seq += 1;
      this.emit("msg:custom", { ...message, seq: this.seq }, []);
    }
    set(traits) {
      Object.assign(this.traits, traits);
      for (const name of Object.keys(traits)) this.emit(`change:${name}`);
    }
    async take({ type, page, request_id, sdp, state, after }) {
      this.page = page;
      if (type === "hello") this.say({ type: "snapshot", page, rows: this.rows });
      else if (type === "extras.wanted") this.say({ type: "extras", request_id, source: this.extras });
      else if (type === "call.pending") this.set({ connection_state: "connecting", holder: page });
      else if (type === "call.open") {
        // The first that is said of a call whose microphone nobody is asked for.
        this.set({ connection_state: "connecting", holder: page });
        this.say({ type: "answer", request_id, call: 1, sdp: await this.answer(sdp) });
      } else if (type === "call.peer" && state === "connected") {
        this.set({ connection_state: "connected", activity: "listening", call_started_at: Date.now() / 1000 });
      } else if (type === "call.hang_up") this.set({ connection_state: "disconnected", activity: "idle", holder: "" });
      else if (type === "events.wanted") {
        const none = { edition: 0, first: after, next: after, total: after, lines: "", voice_activity: null };
        this.say({ type: "events", request_id, ...none });
      } else if (request_id) this.say({ type: "request.done", request_id });
    }
    async answer(body) {
      const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/sdp" };
      return (await fetch(`${this.url}/v1/realtime/calls`, { method: "POST", headers, body })).text();
    }
  }

  const place = (side) => document.querySelector(side);
  /** Out of sight and back, without another layout of the rest. */
  const show = (side, on) => {
    place(side).style.translate = on ? "0 0" : "0 -9000px";
  };

  /** Put the panel into the page. */
  const mount = async (given) => {
    const kernel = new Kernel(given);
    const { default: make } = await import("/widget.js");
    const { signal } = new AbortController();
    const widget = make();
    widget.initialize({ model: kernel.model, signal });
    widget.render({ model: kernel.model, el: place("#panel"), signal });
    bench.kernel = kernel;
    bench.root = place("#panel [data-voice-widget]").shadowRoot;
    const { canvas } = brush();
    // A picture begins with this, once.
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...given) {
      if (this.canvas === canvas) {
        ran.pictures += 1;
        begun();
      }
      clear.apply(this, given);
    };
  };
  /** The events and the settings, open or shut: in this order, for a click beside the settings shuts them. */
  const toggle = () => {
    for (const one of bench.root.querySelectorAll("header [aria-expanded]")) one.click();
  };
  /** Called at the beginning of each picture of the lanes. */
  let begun = () => {};
  const brush = () => bench.root.querySelector("canvas").getContext("2d");

  /** The bars of one picture of the lanes, each with its colour. */
  const picture = (mine) =>
    new Promise((done) => {
      const { fillRect } = mine;
      let bars = null;
      begun = () => {
        if (bars === null) {
          bars = [];
          mine.fillRect = (...bar) => {
            bars.push([mine.fillStyle, ...bar]);
            fillRect.apply(mine, bar);
          };
          return;
        }
        begun = () => {};
        delete mine.fillRect;
        done(bars);
      };
    });

  /** The floor of the lanes: a canvas of that size that draws the same bars as often, and moves them. */
  const bare = async (every_ms) => {
    const mine = brush();
    const bars = await picture(mine);
    const { canvas: model } = mine;
    const canvas = Object.assign(document.createElement("canvas"), { width: model.width, height: model.height });
    const { width, height } = model.getBoundingClientRect();
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px`, display: "block" });
    place("#bare").replaceChildren(canvas);
    const own = canvas.getContext("2d");
    let drawing = false;
    let last = 0;
    const step = (now) => {
      if (!drawing) return;
      real.frame(step);
      if (now - last < every_ms) return;
      last = now;
      ran.pictures += 1;
      own.clearRect(0, 0, canvas.width, canvas.height);
      const shift = Math.round(now / 25) % 4;
      for (const [style, x, y, wide, high] of bars) {
        if (own.fillStyle !== style) own.fillStyle = style;
        own.fillRect(x - shift, y, wide, high);
      }
    };
    bench.draw = (on) => {
      if (on && !drawing) real.frame(step);
      drawing = on;
    };
    return bars.length;
  };

  /** The floor of the transcript: a list of that many elements, found by their keys, in a box of that height. */
  const list = (rows, height) => {
    const box = Object.assign(document.createElement("div"), { className: "list" });
    box.style.height = `${height}px`;
    // No `<ol>`: whenever a part of the panel is left out of layout, the browser numbers all lists of the page anew.
    const all = document.createElement("div");
    const known = new Map();
    const put = ({ item_id, role, text }) => {
      const one = document.createElement("div");
      const who = Object.assign(document.createElement("span"), { textContent: role });
      const said = Object.assign(document.createElement("span"), { textContent: text });
      one.append(who, said);
      all.append(one);
      known.set(item_id, said);
      box.scrollTop = box.scrollHeight;
    };
    box.append(all);
    place("#bare").replaceChildren(box);
    for (const row of rows) put(row);
    const add = (item_id, delta) => {
      known.get(item_id).firstChild.appendData(delta);
      box.scrollTop = box.scrollHeight;
    };
    bench.list = { put, add };
  };

  /** Do something in so many frames, and leave the next one to what comes of it. */
  const inFrames = async (count, run) => {
    for (let i = 0; i < count; i++) {
      await nextFrame();
      run(i);
      await nextFrame();
      await nextFrame();
    }
  };

  const bench = { ran, hide, show, mount, toggle, bare, list, inFrames, wait, nextFrame };
  window.bench = bench;
})();
