import { expect, test, vi } from "vitest";
import { usePermission } from "./support/media.ts";
import { useStage } from "./support/stage.ts";

// The browser gives a microphone without a question, and the page knows it.
usePermission("granted");
const stage = useStage();

/** What the browser answers waits. */
function held(then: (real: () => Promise<MediaStream>) => Promise<MediaStream>): () => void {
  let go = () => {};
  const waits = new Promise<void>((resolve) => {
    go = resolve;
  });
  stage.now.media.answer = (real) => waits.then(() => then(real));
  return go;
}

/** The offer goes before the microphone is there, and is answered. */
async function answered(): Promise<void> {
  const { page, kernel, engine } = stage.now;
  await vi.waitFor(() => expect(page.sound).toMatchObject({ allowed: true }));
  page.call();
  await vi.waitFor(() => expect(engine.peers[0]?.localDescription?.type).toBe("answer"));
  expect(kernel.of("call.open")[0]).toMatchObject({ microphone: true });
  expect(page.local).toMatchObject({ stage: "offering", hasMicrophone: false });
}

test("a microphone that nobody is asked for comes while the offer is answered, and the call waits for it", async () => {
  const open = held((real) => real());
  await answered();
  const { page, kernel, media, engine } = stage.now;
  expect([kernel.of("call.pending"), kernel.of("call.peer")]).toEqual([[], []]);
  engine.greeting = [{ type: "session.created" }];
  open();
  await stage.now.connected();
  expect(page.local).toMatchObject({ stage: "open", hasMicrophone: true });
  await vi.waitFor(() => expect(page.local.flows).toBe(true));
  expect(media.peers[0]?.getSenders()[0]?.track?.readyState).toBe("live");
});

test("one that is not there after all ends the call that was answered meanwhile", async () => {
  const fail = held(() => Promise.reject(new DOMException("gone", "NotFoundError")));
  await answered();
  const { page, kernel, media } = stage.now;
  fail();
  await vi.waitFor(() =>
    expect(kernel.of("call.failed")[0]).toMatchObject({ code: "microphone_missing", talk: stage.now.talk }),
  );
  expect([media.live, media.openPeers, page.local.stage]).toEqual([0, 0, "none"]);
});

test("a kernel that is gone gets no call, and the microphone is let go of", async () => {
  const { page, kernel, media } = stage.now;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  await vi.waitFor(() => expect(page.sound).toMatchObject({ allowed: true }));
  kernel.refuses = new Error("no comm");
  page.call();
  await vi.waitFor(() => expect(page.local).toMatchObject({ stage: "none", failure: "kernel_gone" }));
  await vi.waitFor(() => expect([media.live, media.openPeers]).toEqual([0, 0]));
});

test("one that takes long is asked for: the call goes on meanwhile, and is sent it once it is there", async () => {
  const open = held((real) => real());
  await answered();
  const { page, media } = stage.now;
  await stage.now.connected();
  expect(page.local).toMatchObject({ stage: "open", hasMicrophone: false, takesMicrophone: true });
  open();
  await vi.waitFor(() => expect(page.local).toMatchObject({ hasMicrophone: true, takesMicrophone: false }));
  await vi.waitFor(() => expect(media.peers[0]?.getSenders()[0]?.track).toBe(media.tracks[0]));
});

test("hung up before it is there, nothing is left of either", async () => {
  const open = held((real) => real());
  await answered();
  const { page, kernel, media } = stage.now;
  page.hangUp();
  open();
  await vi.waitFor(() => expect(media.tracks.length).toBeGreaterThan(0));
  await vi.waitFor(() => expect([media.live, media.openPeers, page.local.stage]).toEqual([0, 0, "none"]));
  expect(kernel.of("call.failed")).toEqual([]);
});

test("by comm nothing goes before it is there, and the kernel knows what is waited for", async () => {
  const open = held((real) => real());
  const { page, kernel } = stage.now;
  kernel.set({ transport: "comm" });
  await vi.waitFor(() => expect(page.sound).toMatchObject({ allowed: true }));
  page.call();
  expect(kernel.of("call.pending")).toHaveLength(1);
  expect([page.local.stage, kernel.of("call.open")]).toEqual(["asking", []]);
  open();
  await vi.waitFor(() => expect(kernel.of("call.open")).toHaveLength(1));
});
