import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Page } from "../../src/page.ts";
import { FakeEngine } from "./support/engine.ts";
import { FakeKernel } from "./support/kernel.ts";
import { Microphones } from "./support/microphones.ts";

let engine: FakeEngine;
let kernel: FakeKernel;
let microphones: Microphones;
let life: AbortController;

beforeEach(() => {
  engine = new FakeEngine();
  kernel = new FakeKernel();
  microphones = new Microphones();
  life = new AbortController();
});

afterEach(async () => {
  life.abort();
  microphones.restore();
  await engine.close();
});

/** A kernel that answers offers, as call number 1, 2 … */
function answering(): void {
  let call = 0;
  kernel.onMessage = (message) => {
    if (message.type !== "call.open") return;
    void engine.answer(message.sdp).then((sdp) => {
      call += 1;
      kernel.say({ type: "answer", request_id: message.request_id, call, sdp });
    });
  };
}

function open(): Page {
  return new Page(kernel.model as never, life.signal);
}

async function connected(page: Page): Promise<void> {
  page.call();
  await vi.waitFor(() => expect(kernel.of("call.peer").at(-1)?.state).toBe("connected"), { timeout: 8000 });
}

test("Call takes the microphone, hands the offer to the kernel and reports the connection", async () => {
  answering();
  const page = open();
  await connected(page);
  expect(kernel.sent.map((message) => message.type).slice(0, 4)).toEqual([
    "hello",
    "call.pending",
    "call.open",
    "call.peer",
  ]);
  expect(kernel.of("call.open")[0]?.microphone).toBe(true);
  expect(page.facts).toMatchObject({ stage: "open", hasMicrophone: true });
  expect(microphones.live).toBeGreaterThan(0);
});
