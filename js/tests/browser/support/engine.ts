/** The other end of a call, in the same page: answers offers by a real peer and sends a tone or silence. */
export class FakeEngine {
  readonly peers: RTCPeerConnection[] = [];
  readonly events: Record<string, unknown>[] = [];
  readonly received: MediaStreamTrack[] = [];
  readonly context = new AudioContext();
  readonly voice = this.context.createMediaStreamDestination();
  readonly gain = new GainNode(this.context, { gain: 0 });
  readonly #tone = new OscillatorNode(this.context, { frequency: 440 });
  #channels: RTCDataChannel[] = [];

  constructor() {
    this.#tone.connect(this.gain).connect(this.voice);
    this.#tone.start();
  }

  async answer(offer: string): Promise<string> {
    const peer = new RTCPeerConnection({ iceServers: [] });
    this.peers.push(peer);
    peer.ontrack = (event) => this.received.push(event.track);
    peer.ondatachannel = ({ channel }) => {
      this.#channels.push(channel);
      channel.onmessage = ({ data }) => this.events.push(JSON.parse(data));
    };
    const track = this.voice.stream.getAudioTracks()[0];
    if (track) peer.addTrack(track, this.voice.stream);
    await peer.setRemoteDescription({ type: "offer", sdp: offer });
    await peer.setLocalDescription(await peer.createAnswer());
    // One offer, one answer, no trickle: wait for the candidates, as a server has them at once.
    if (peer.iceGatheringState !== "complete") {
      await new Promise<void>((resolve) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve();
      });
    }
    return peer.localDescription?.sdp ?? "";
  }

  hangUp(): void {
    for (const channel of this.#channels) channel.close();
    for (const peer of this.peers) peer.close();
  }

  async close(): Promise<void> {
    this.hangUp();
    if (this.context.state !== "closed") await this.context.close();
  }
}
