// Taken before a test replaces it: the page's peers are counted, the engine's are not.
const Peer = globalThis.RTCPeerConnection;

/** The other end of a call, in the same page: answers offers by a real peer and speaks by a tone, or is silent. */
export class FakeEngine {
  readonly peers: RTCPeerConnection[] = [];
  readonly events: Record<string, unknown>[] = [];
  /** Sent by each call's channel as soon as it is there. Clients of others wait for `session.created`; no capture. */
  greeting: Record<string, unknown>[] = [];
  /** No candidate of either side reaches the other. */
  deaf = false;
  readonly context = new AudioContext();
  readonly #voice = new MediaStreamAudioDestinationNode(this.context);
  readonly #gain = new GainNode(this.context, { gain: 0 });
  readonly #tone = new OscillatorNode(this.context, { frequency: 440 });
  readonly #channels: RTCDataChannel[] = [];

  constructor() {
    this.#tone.connect(this.#gain).connect(this.#voice);
    this.#tone.start();
  }

  speak(loud: boolean): void {
    this.#gain.gain.value = loud ? 0.3 : 0;
  }

  async answer(offer: string): Promise<string> {
    const peer = new Peer({ iceServers: [] });
    this.peers.push(peer);
    peer.ondatachannel = ({ channel }) => {
      this.#channels.push(channel);
      channel.onmessage = ({ data }) => this.events.push(JSON.parse(data));
      const greet = () => this.greeting.forEach((event) => void channel.send(JSON.stringify(event)));
      if (channel.readyState === "open") greet();
      else channel.onopen = greet;
    };
    for (const track of this.#voice.stream.getTracks()) peer.addTrack(track, this.#voice.stream);
    await peer.setRemoteDescription({ type: "offer", sdp: this.#passed(offer) });
    await peer.setLocalDescription(await peer.createAnswer());
    // One offer, one answer, no trickle: wait for the candidates, as a server has them at once.
    if (peer.iceGatheringState !== "complete") {
      await new Promise<void>((resolve) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve();
      });
    }
    return this.#passed(peer.localDescription?.sdp ?? "");
  }

  #passed(sdp: string): string {
    return this.deaf ? sdp.replace(/^a=candidate.*\r\n/gm, "") : sdp;
  }

  /** By the newest call's channel. */
  send(event: Record<string, unknown>): void {
    this.#channels.at(-1)?.send(JSON.stringify(event));
  }

  hangUp(): void {
    for (const channel of this.#channels.splice(0)) channel.close();
    for (const peer of this.peers) peer.close();
  }

  async close(): Promise<void> {
    this.hangUp();
    await this.context.close();
  }
}
