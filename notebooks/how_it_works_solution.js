/** The smallest voice interface: the page makes the call, the kernel keeps the key. */

const SILENT = { state: "disconnected", user_speaking: false, assistant_speaking: false };
const TRAITS = [...Object.keys(SILENT), "transcript", "error"];

/** One call, from the microphone to the loudspeaker. When `signal` aborts, nothing of it is left. */
async function openCall({ token, hear, fail, signal }) {
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  const peer = new RTCPeerConnection();
  const speaker = new Audio();
  const close = () => {
    for (const track of microphone.getTracks()) track.stop();
    peer.close();
    speaker.srcObject = null;
  };
  if (signal.aborted) close(); // somebody hung up while the browser was asking
  signal.throwIfAborted();
  signal.addEventListener("abort", close);

  peer.addTrack(microphone.getAudioTracks()[0], microphone);
  peer.ontrack = ({ streams }) => {
    speaker.srcObject = streams[0];
    speaker.play().catch(fail);
  };
  peer.onconnectionstatechange = () => {
    if (peer.connectionState === "failed") fail(new Error("There is no path to the service."));
  };
  const events = peer.createDataChannel("oai-events");
  events.onmessage = ({ data }) => hear(JSON.parse(data));
  events.onclose = () => fail(new Error("The service has hung up."));

  await peer.setLocalDescription(); // makes the offer
  const { url, value } = await token();
  const headers = { Authorization: `Bearer ${value}`, "Content-Type": "application/sdp" };
  const answer = await fetch(url, { method: "POST", headers, body: peer.localDescription.sdp, signal });
  if (!answer.ok) throw new Error(`The service refused the offer: ${answer.status}.`);
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  return (event) => events.send(JSON.stringify(event));
}

/** A token from the kernel. Its messages reach every page: by the id, the one that asked knows its own. */
function askForToken(model, signal) {
  signal.throwIfAborted();
  const id = crypto.randomUUID();
  return new Promise((resolve, reject) => {
    const answered = (message) => {
      if (message.id !== id) return;
      if (message.value) resolve(message);
      else reject(new Error(message.error));
    };
    model.on("msg:custom", answered);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", answered);
      reject(signal.reason);
    });
    model.send({ type: "token", id });
  });
}

/** The rows with this one changed, or added: what is in a trait is never changed in place. */
function withRow(rows, id, change) {
  const old = rows.find((row) => row.id === id);
  const changed = { id, role: "assistant", text: "", ...old, ...change };
  return { transcript: old ? rows.map((row) => (row === old ? changed : row)) : [...rows, changed] };
}

/** What the service's events change. A client ignores those that it does not know. */
const CHANGES = {
  "session.created": () => ({ state: "connected" }),
  "input_audio_buffer.speech_started": () => ({ user_speaking: true }),
  "input_audio_buffer.speech_stopped": () => ({ user_speaking: false }),
  // In its place now, for its words may come after the answer's.
  "input_audio_buffer.committed": ({ item_id }, rows) => withRow(rows, item_id, { role: "user" }),
  "conversation.item.input_audio_transcription.completed": ({ item_id, transcript }, rows) =>
    withRow(rows, item_id, { role: "user", text: transcript }),
  "response.output_audio_transcript.delta": ({ item_id, delta }, rows) =>
    withRow(rows, item_id, { text: (rows.find((row) => row.id === item_id)?.text ?? "") + delta }),
  "output_audio_buffer.started": () => ({ assistant_speaking: true }),
  "output_audio_buffer.stopped": () => ({ assistant_speaking: false }),
  "output_audio_buffer.cleared": () => ({ assistant_speaking: false }),
  "conversation.item.truncated": ({ item_id }, rows) => withRow(rows, item_id, { interrupted: true }),
};

/** The call belongs to the model, which may be shown several times. With the last view it ends. */
export default () => {
  let views = 0;
  let call = null; // the AbortController of the call of the moment
  let send = null;
  const hangUp = () => call?.abort(new Error("")); // no error to be shown

  function tell(model, changes) {
    for (const [name, value] of Object.entries(changes)) model.set(name, value); // draws it
    model.save_changes(); // and sends it to the kernel
  }

  async function start(model) {
    const mine = new AbortController();
    const fail = (error) => mine.abort(error);
    const hear = (event) => {
      const change = CHANGES[event.type];
      if (change && call === mine) tell(model, change(event, model.get("transcript")));
    };
    mine.signal.addEventListener("abort", () => {
      call = null;
      tell(model, { ...SILENT, error: mine.signal.reason.message });
    });
    call = mine;
    tell(model, { state: "connecting", transcript: [], error: "" });
    const token = () => askForToken(model, mine.signal);
    send = await openCall({ token, hear, fail, signal: mine.signal }).catch(fail);
  }

  return {
    initialize({ model, signal }) {
      tell(model, SILENT); // a page that was loaded anew has no call
      signal.addEventListener("abort", hangUp);
    },

    render({ model, el, signal }) {
      el.innerHTML = `<p><button></button> <button>Interrupt</button>
        <mark>You</mark> <mark>Assistant</mark> <output></output></p><ol></ol>`;
      const [callButton, interruptButton] = el.querySelectorAll("button");
      const [user, assistant] = el.querySelectorAll("mark");
      callButton.onclick = () => (call ? hangUp() : start(model));
      interruptButton.onclick = () => {
        send({ type: "response.cancel" }); // make no more of it
        send({ type: "output_audio_buffer.clear" }); // and be silent now
      };
      const draw = () => {
        callButton.textContent = model.get("state") === "disconnected" ? "Call" : "Hang up";
        interruptButton.disabled = !model.get("assistant_speaking");
        user.classList.toggle("on", model.get("user_speaking"));
        assistant.classList.toggle("on", model.get("assistant_speaking"));
        el.querySelector("output").textContent = model.get("error") || model.get("state");
        const lines = model.get("transcript").map(({ role, text, interrupted }) => {
          const line = document.createElement("li");
          line.textContent = `${role}: ${text || "…"}${interrupted ? " (interrupted)" : ""}`;
          return line;
        });
        el.querySelector("ol").replaceChildren(...lines);
      };
      for (const name of TRAITS) model.on(`change:${name}`, draw);
      draw();
      views += 1;
      signal.addEventListener("abort", () => {
        for (const name of TRAITS) model.off(`change:${name}`, draw);
        views -= 1;
        if (views === 0) hangUp();
      });
    },
  };
};
