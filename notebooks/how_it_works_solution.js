/** The smallest voice interface, the page's half: it makes the call. The key stays in the kernel. */

const SILENT = { state: "disconnected", user_speaking: false, assistant_speaking: false };

/** The transcript with one row changed, or added. */
const withRow = (rows, id, change) => ({
  transcript: { ...rows, [id]: { role: "assistant", text: "", ...rows[id], ...change } },
});

/** What the service's events change. A client ignores those that it does not know. */
const CHANGES = {
  "session.created": () => ({ state: "connected" }),
  "input_audio_buffer.speech_started": () => ({ user_speaking: true }),
  "input_audio_buffer.speech_stopped": () => ({ user_speaking: false }),
  // The row gets its place now, for its words may come after the answer's.
  "input_audio_buffer.committed": ({ item_id }, rows) => withRow(rows, item_id, { role: "user" }),
  "conversation.item.input_audio_transcription.completed": ({ item_id, transcript }, rows) =>
    withRow(rows, item_id, { text: transcript }),
  "response.output_audio_transcript.delta": ({ item_id, delta }, rows) =>
    withRow(rows, item_id, { text: (rows[item_id]?.text ?? "") + delta }),
  "output_audio_buffer.started": () => ({ assistant_speaking: true }),
  "output_audio_buffer.stopped": () => ({ assistant_speaking: false }),
  "output_audio_buffer.cleared": () => ({ assistant_speaking: false }),
  "conversation.item.truncated": ({ item_id }, rows) => withRow(rows, item_id, { interrupted: true }),
};

/** Opens a call; its data channel. When `signal` aborts, nothing of the call is left. */
async function openCall({ askForToken, hear, fail, signal }) {
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  const peer = new RTCPeerConnection();
  const speaker = new Audio();
  const close = () => {
    for (const track of microphone.getTracks()) track.stop();
    peer.close(); // with its data channel
    speaker.srcObject = null;
  };
  if (signal.aborted) return close(); // somebody hung up while the browser was asking
  signal.addEventListener("abort", close);

  peer.addTrack(microphone.getAudioTracks()[0]);
  peer.ontrack = ({ track }) => {
    speaker.srcObject = new MediaStream([track]);
    speaker.play().catch(fail);
  };
  peer.onconnectionstatechange = () => peer.connectionState === "failed" && fail(new Error("There is no path."));
  const channel = peer.createDataChannel("oai-events");
  channel.onmessage = ({ data }) => hear(JSON.parse(data));
  channel.onclose = () => fail(new Error("The service has hung up."));

  await peer.setLocalDescription(); // makes the offer
  const [{ url, token, error }] = await askForToken();
  if (error) throw new Error(error);
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
  const answer = await fetch(url, { method: "POST", headers, body: peer.localDescription.sdp, signal });
  if (!answer.ok) throw new Error(`The service refused the offer: ${answer.status}.`);
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  return channel;
}

export default {
  render({ model, el, experimental, signal: gone }) {
    el.innerHTML = "<button></button> <button>Interrupt</button> <b></b> <b></b> <output></output> <pre></pre>";
    const [callButton, interruptButton, user, assistant, status, transcript] = el.children;
    let talk = { ...SILENT, transcript: {}, error: "" };
    let call = null; // an AbortController
    let channel = null;

    function show(changes) {
      talk = { ...talk, ...changes };
      model.set("talk", talk);
      model.save_changes(); // for the kernel
      callButton.textContent = call ? "Hang up" : "Call";
      interruptButton.disabled = !talk.assistant_speaking;
      user.textContent = `${talk.user_speaking ? "●" : "○"} You`;
      assistant.textContent = `${talk.assistant_speaking ? "●" : "○"} Assistant`;
      status.textContent = talk.error || talk.state;
      const lines = Object.values(talk.transcript).map(
        ({ role, text, interrupted }) => `${role}: ${text || "…"}${interrupted ? " (interrupted)" : ""}`,
      );
      transcript.textContent = lines.join("\n");
    }

    async function start() {
      const mine = new AbortController();
      const { signal } = mine;
      const askForToken = () => experimental.invoke("_token", {}, { signal });
      const hear = (event) => signal.aborted || show(CHANGES[event.type]?.(event, talk.transcript));
      const fail = (error) => mine.abort(error.message);
      signal.addEventListener("abort", () => {
        call = null;
        show({ ...SILENT, error: signal.reason });
      });
      call = mine;
      show({ state: "connecting", transcript: {}, error: "" });
      channel = await openCall({ askForToken, hear, fail, signal }).catch(fail);
    }

    const hangUp = () => call?.abort("");
    callButton.onclick = () => (call ? hangUp() : start());
    interruptButton.onclick = () => {
      channel.send('{ "type": "response.cancel" }'); // make no more of it
      channel.send('{ "type": "output_audio_buffer.clear" }'); // and be silent now
    };
    gone.addEventListener("abort", hangUp); // the view is taken away
    show({});
  },
};
