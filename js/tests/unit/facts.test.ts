import { expect, test } from "vitest";
import { counted } from "../../src/calls/facts.ts";

const LOCAL = { id: "l", type: "local-candidate", candidateType: "host", protocol: "udp" };
const REMOTE = { id: "r", type: "remote-candidate", candidateType: "relay" };
const PAIR = {
  id: "p",
  type: "candidate-pair",
  localCandidateId: "l",
  remoteCandidateId: "r",
  currentRoundTripTime: 0.012,
};
const OTHER = { ...PAIR, id: "q", currentRoundTripTime: 0.5, nominated: false, state: "succeeded" };
const INBOUND = {
  id: "i",
  type: "inbound-rtp",
  kind: "audio",
  packetsReceived: 95,
  packetsLost: 5,
  jitter: 0.004,
  totalSamplesReceived: 1000,
  concealedSamples: 50,
  silentConcealedSamples: 30,
};
const HEARD = { id: "h", type: "remote-inbound-rtp", kind: "audio", fractionLost: 0.25 };
const VIDEO = { id: "v", type: "inbound-rtp", kind: "video", packetsReceived: 1, packetsLost: 1 };

const FOUND = {
  pair: { local: "host", remote: "relay", protocol: "udp", round_trip_ms: 12 },
  lost: 0.05,
  sent_lost: 0.25,
  jitter_ms: 4,
  concealed: 0.02,
};

test("Chromium names the transport of the pair that is used", () => {
  const transport = { id: "t", type: "transport", selectedCandidatePairId: "p" };
  expect(counted([OTHER, VIDEO, transport, PAIR, LOCAL, REMOTE, INBOUND, HEARD])).toEqual(FOUND);
});

test("Firefox marks the pair itself", () => {
  const marked = { ...PAIR, nominated: true, state: "succeeded" };
  expect(counted([OTHER, marked, LOCAL, REMOTE, INBOUND, HEARD])).toEqual(FOUND);
});

test("what is not known yet is nothing", () => {
  const none = { pair: null, lost: null, sent_lost: null, jitter_ms: null, concealed: null };
  expect(counted([])).toEqual(none);
  expect(
    counted([{ ...INBOUND, packetsReceived: 0, packetsLost: 0, jitter: undefined, totalSamplesReceived: 0 }]),
  ).toEqual(none);
});

test("packets that came twice are no loss", () => {
  expect(counted([{ ...INBOUND, packetsLost: -3 }]).lost).toBe(0);
});
