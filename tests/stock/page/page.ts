// A page as the documentation of `@openai/agents-realtime` has it, with eyes for the test beside it.
import { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";

interface Settings {
  url: string;
  secret: string;
  hints: string;
  weather: string;
}
type Raw = Record<string, unknown> & { type: string };

const seen = {
  events: [] as Raw[],
  /** Events that the client's schemas refused: it hands these on as `*` only. */
  refused: [] as Raw[],
  errors: [] as string[],
  cities: [] as string[],
  results: [] as string[],
  interruptions: 0,
  /** Milliseconds from the click to `connect()` being done. */
  connectedMs: 0,
};

class Watched extends OpenAIRealtimeWebRTC {
  #last: Raw | undefined;

  override emit(...given: Parameters<OpenAIRealtimeWebRTC["emit"]>): boolean {
    const [type, event] = given as [string, unknown];
    if (type === "*") {
      this.settle();
      this.#last = event as Raw;
      seen.events.push(this.#last);
    } else if (type === this.#last?.type) this.#last = undefined;
    return super.emit(...given);
  }

  settle(): void {
    if (this.#last) seen.refused.push(this.#last);
    this.#last = undefined;
  }
}

let session: RealtimeSession | undefined;
let transport: Watched | undefined;

async function call(settings: Settings, clicked: number): Promise<void> {
  const agent = new RealtimeAgent({
    name: "Weather",
    instructions: "Be brief.",
    tools: [
      tool({
        name: "get_weather",
        description: "The weather of a city.",
        parameters: z.object({ city: z.string() }),
        execute: async ({ city }) => {
          seen.cities.push(city);
          return settings.weather;
        },
      }),
    ],
  });
  transport = new Watched({ baseUrl: `${settings.url}/realtime/calls` });
  session = new RealtimeSession(agent, {
    transport,
    config: { audio: { input: { transcription: { model: "gpt-4o-mini-transcribe", prompt: settings.hints } } } },
  });
  session.on("error", ({ error }) => seen.errors.push(JSON.stringify(error) ?? String(error)));
  session.on("agent_tool_end", (_context, _agent, _tool, result) => seen.results.push(String(result)));
  session.on("audio_interrupted", () => {
    seen.interruptions += 1;
  });
  await session.connect({ apiKey: settings.secret });
  seen.connectedMs = performance.now() - clicked;
}

const stock = {
  settings: undefined as Settings | undefined,
  seen,
  state: () => ({ status: transport?.status, callId: transport?.callId }),
  send: (text: string) => session?.sendMessage(text),
  interrupt: () => session?.interrupt(),
  refused: () => {
    transport?.settle();
    return seen.refused;
  },
  /** What each message of the client's own history says. */
  history: () =>
    session?.history.flatMap((item) =>
      item.type === "message"
        ? item.content.map((part) => [
            item.role,
            "transcript" in part ? part.transcript : "text" in part ? part.text : "",
          ])
        : [],
    ),
  /** What has been heard of the remote track: its level now, and the energy of all of it. */
  heard: async () => {
    const reports = await transport?.connectionState.peerConnection?.getStats();
    for (const report of reports?.values() ?? [])
      if (report.type === "inbound-rtp") return { level: report.audioLevel, energy: report.totalAudioEnergy };
    return { level: 0, energy: 0 };
  },
  hangUp: () => {
    session?.close();
    session = transport = undefined;
    seen.connectedMs = 0;
  },
};
export type Stock = typeof stock;
Object.assign(window, { stock });

document.querySelector("button")?.addEventListener("click", ({ timeStamp }) => {
  if (stock.settings) call(stock.settings, timeStamp).catch((error) => seen.errors.push(String(error)));
});
