// Marks on the two sides of a call. The user's are in the sound of the microphone, and where each belongs is told by the
// stamps of the device's frames. The peer's track gives way to the same device; by comm the page makes the assistant's
// sound itself, and marks are put into it.
(() => {
  const sides = (window.sides = []);
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(options) {
      super(options);
      sides.push({ context: this, device: null, made: null, marks: { user: [], assistant: [] } });
    }
  };
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async () => {
    // As it is: a mark is no speech.
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await ask({ audio: raw });
    const side = sides.at(-1);
    side.device = stream.getAudioTracks()[0];
    void listen(side);
    return stream;
  };
  Object.defineProperty(RTCTrackEvent.prototype, "streams", {
    get: () => [new MediaStream([sides.at(-1).device.clone()])],
  });
  // By comm the page's second output is what is heard, and one node leads there.
  const Out = window.MediaStreamAudioDestinationNode;
  window.MediaStreamAudioDestinationNode = class extends Out {
    constructor(context, options) {
      super(context, options);
      const side = sides.find((one) => one.context === context);
      if (side?.sends) side.made = this;
      if (side) side.sends = true;
    }
  };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    const side = sides.find((one) => one.made === to);
    if (side && this instanceof GainNode) side.made = this;
    return connect.call(this, to, ...more);
  };

  /** How far the context's clock is before the machine's, for what goes out now. */
  const out = (context) => {
    const { contextTime, performanceTime } = context.getOutputTimestamp();
    return contextTime * 1000 - performanceTime;
  };

  const listen = async (side) => {
    const { context, device, marks } = side;
    // What is given waits until it goes out. It is given in bursts: right behind one it waits longest.
    let waits_ms = 0;
    for (let i = 0; i < 300; i++) {
      await new Promise((done) => setTimeout(done, 3));
      waits_ms = Math.max(waits_ms, context.currentTime * 1000 - performance.now() - out(context));
    }
    const frames = new MediaStreamTrackProcessor({ track: device.clone(), maxBufferSize: 1000 }).readable.getReader();
    let zero_ms = Number.POSITIVE_INFINITY;
    let last_ms = 0;
    for (let one = await frames.read(); !one.done; one = await frames.read()) {
      const { value } = one;
      const [stamp_ms, rate] = [value.timestamp / 1000, value.sampleRate];
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      value.close();
      // The stamps' clock: the frame that came with the least delay tells.
      zero_ms = Math.min(zero_ms, performance.now() - stamp_ms - (1000 * samples.length) / rate);
      const click = samples.findIndex((sample) => Math.abs(sample) > 0.4);
      if (click < 0 || stamp_ms - last_ms < 1000) continue;
      last_ms = stamp_ms;
      const at_ms = stamp_ms + (1000 * click) / rate + zero_ms + out(context) + waits_ms;
      marks.user.push(at_ms);
      marks.assistant.push(side.made ? put(context, side.made) : at_ms);
    }
  };

  /** A click at once; gives its moment. */
  const put = (context, made) => {
    const at = context.currentTime + 0.1;
    const buffer = new AudioBuffer({ length: context.sampleRate / 1000, sampleRate: context.sampleRate });
    buffer.getChannelData(0).fill(0.7);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(made);
    source.start(at);
    return at * 1000;
  };
})();
