import { beforeEach, expect, test, vi } from "vitest";
import { useStage } from "./support/stage.ts";

// The browser gives a microphone without a question, and the page knows it.
beforeEach(() => {
  const status = Object.assign(new EventTarget(), { state: "granted", name: "microphone", onchange: null });
  vi.spyOn(navigator.permissions, "query").mockResolvedValue(status as PermissionStatus);
});
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
  const { page, kernel, media } = stage.now;
  expect([kernel.of("call.pending"), kernel.of("call.peer")]).toEqual([[], []]);
  open();
  await stage.now.connected();
  expect(page.local).toMatchObject({ stage: "open", hasMicrophone: true, flows: true });
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
