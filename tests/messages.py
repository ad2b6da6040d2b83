"""The messages in which there is code, each with that code as one would run it (see `test_examples`)."""

from __future__ import annotations

CONNECT = "w.disconnect().result(5)\nw.connect()"
TURN = '{"urls": "turn:turn.example.org:3478", "username": "me", "credential": "secret"}'
MEMORY = 'VoiceWidget(transport="memory")'
COMM = 'VoiceWidget(transport="comm")'
UNIFIED = 'VoiceWidget(flow="unified")'
FORMAT = 'VoiceWidget({}={{"type": "audio/pcm", "rate": 24000}})'

FORMATS = "\n".join(
    f'w.update({side}_format={{"type": "audio/pcm", "rate": 24000}}).result(5)'
    for side in ("input", "output")
)
TRANSCRIPTION = (
    'w.update(transcription={"model": "whisper-1"}).result(5)\nw.update(transcription=None).result(5)'
)


HISTORY = 'Write history=[{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi."}].'
GOES_ON = (
    'VoiceWidget(history=[{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi."}])'
)
CALLED = 'Write {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}.'
AFTER_TOOL = """calls = [{"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}]
gave = {"role": "tool", "tool_call_id": "call_1", "content": "7"}
VoiceWidget(history=[{"role": "assistant", "tool_calls": calls}, gave])"""
NO_TABLE = "I have no table to look at yet. Make the widget with your DataFrame: VoiceWidget(data=df)."
NO_MODEL = (
    "I have no model that could choose one of your tools. Make the widget with an agent that has one: "
    "VoiceWidget(agent=Chat(url, model))."
)
WITH_MODEL = 'url, model = "http://127.0.0.1:11434/v1", "llama3.2"\nVoiceWidget(agent=Chat(url, model))'
DATA = "VoiceWidget(data=df)"
OFFER = "lines of an offer"
RECORDS = "VoiceWidget(record=True)\nVoiceWidget(record=FOLDER)"
HOSTED = 'HostedMcp("docs", "https://example.org/mcp")'
SERVE = "copied from a running `serve` in `test_command_lines`"


def updated(setting: str) -> str:
    """Ask for a setting, and wait until it is in force."""
    return f"w.update({setting}).result(5)"


SEES = (
    "Describe it in words, or use a service that sees: OpenAI(), or a compatible one with "
    "OpenAI(images=True)."
)


BY_MODEL = """VoiceWidget(agent=RealtimeAgent("a"), llm=Chat("http://127.0.0.1:11434/v1", "llama3.2"))
VoiceWidget(agent=RealtimeAgent("a"), service=OpenAI(**offline))"""

CHOOSES = (
    'Give agent=NotebookAssistant(model=Chat("http://127.0.0.1:11434/v1", "llama3.2")), '
    "that Chat alone as the agent, or service=OpenAI()."
)
BY_CHAT = """chat = Chat("http://127.0.0.1:11434/v1", "llama3.2")
VoiceWidget(agent=NotebookAssistant(model=chat))
VoiceWidget(agent=chat)
VoiceWidget(service=OpenAI(**offline))"""

OF_THE_KERNEL = """VoiceWidget(service=OpenAI(**offline))
VoiceWidget(agent=Wizard(), service=Local(), transport="webrtc")
VoiceWidget(agent=RealtimeAgent("a"), service=OpenAI(**offline))"""

DESK = "VoiceWidget(agent=Wizard(desk=True))"
CODED = 'talk = Talk.example()\ntalk.scheme = Scheme("repair", "backchannel")\ntalk.label("repair", seq=1)\n'
TWICE = CODED + 'talk.label("repair", seq=2, coder="AB")\n'
RUNS = {
    "Run `w.diagnose()` in a cell of the notebook.": "w.diagnose()",
    "Run `w.diagnose()` once more in another cell: the page answers between the two.": "w.diagnose()",
    'Use `VoiceWidget(transport="comm")`, or let programs of this machine use UDP.': COMM,
    'Use `VoiceWidget(transport="comm")`: then the sound goes through the kernel.': COMM,
    '`VoiceWidget(transport="comm")` saves the wait for a path.': COMM,
    "Use a faster line or type; `w.diagnose()` says how slow it is.": "w.diagnose()",
    'Let the kernel carry the sound: VoiceWidget(transport="comm"), or give a TURN server.': COMM,
    'Use a current browser, or let the kernel carry the sound: VoiceWidget(transport="comm").': COMM,
    'Write Scheme("repair", "backchannel").': 'Scheme("repair", "backchannel")',
    'Write Code(colour="#d55e00", key="r", meaning="what was said is put right").': (
        'Code(colour="#d55e00", key="r", meaning="what was said is put right")'
    ),
    'Write talk.scheme = Scheme("repair", "backchannel").': CODED,
    'Write coder="AB".': TWICE,
    'Write talk.replay(coder="AB").': CODED + 'talk.replay(coder="AB")',
    "Write `replay.seek(1000)`.": "replay = Talk.example().replay()\nreplay.seek(1000)",
    'Give it another one, as Code(key="1").': 'Scheme({"repair": Code(key="1")})',
    'Write "user" or "assistant", or leave it out.': (
        CODED
        + 'for side in ("user", "assistant"):\n'
        + '    talk.label("repair", start_ms=1, end_ms=2, side=side)'
    ),
    'Write talk.label("repair", seq=2), or talk.label("repair", start_ms=1500, end_ms=2100).': (
        CODED + 'talk.label("repair", seq=2)\ntalk.label("repair", start_ms=1500, end_ms=2100)'
    ),
    'Write talk.relabel(1, code="repair").': CODED + 'talk.relabel(1, code="repair")',
    'Write talk.labels_from("talk.eaf").': (
        CODED + 'talk.to_eaf("talk.eaf")\nassert talk.labels_from("talk.eaf") == ()'
    ),
    "Take them into it with extend=True, say what they mean with codes={…}, or choose tiers.": (
        CODED
        + 'talk.to_eaf("talk.eaf")\nTalk.example().labels_from("talk.eaf", extend=True)\n'
        + 'assert talk.labels_from("talk.eaf", codes={"repair": "backchannel"}) == (2,)'
    ),
    'Write codes={"rep.": "repair"}.': (
        CODED + 'talk.to_eaf("talk.eaf")\ntalk.labels_from("talk.eaf", codes={"rep.": "repair"})'
    ),
    'Write talk.agreement(by="turn").': TWICE + 'talk.agreement(by="turn")',
    'Write agreement(talk), or agreement(mine, hers, by="stretch").': (
        TWICE + 'mine = hers = talk\nagreement(talk)\nagreement(mine, hers, by="stretch")'
    ),
    "Ask for each code by itself, with code=….": TWICE + 'talk.agreement(code="repair")',
    "Give step_ms=100, or more.": TWICE + 'talk.agreement(by="stretch", step_ms=100)',
    "Let another coder label the same talk, each with a coder= of their own.": TWICE + "talk.agreement()",
    HISTORY: GOES_ON,
    f"Leave `history` out. Or: {HISTORY}": f"VoiceWidget()\n{GOES_ON}",
    CALLED: AFTER_TOOL,
    "Call connect() and wait again.": CONNECT,
    'Write LocalMcp(command=["python", "tides.py"]), or LocalMcp(url="http://localhost:8000/mcp").': (
        'LocalMcp(command=["python", "tides.py"])\nLocalMcp(url="http://localhost:8000/mcp")'
    ),
    'Write LocalMcp(url="http://localhost:8000/mcp").': 'LocalMcp(url="http://localhost:8000/mcp")',
    'Write LocalMcp(command=["python", "tides.py"]).': 'LocalMcp(command=["python", "tides.py"])',
    'Write allowed_callers=["direct"].': (
        'HostedMcp("docs", "https://example.org/mcp", allowed_callers=["direct"])'
    ),
    'Give a dict of fields, such as {"temperature": 0.2}.': 'Chat(None, "m", options={"temperature": 0.2})',
    'Write allowed_tools=["search"].': 'LocalMcp(["python", "tides.py"], allowed_tools=["search"])',
    "Write namespace=globals().": "VoiceWidget(namespace=globals())",
    "Write VoiceWidget(tools=[server]).": (
        'server = LocalMcp(["python", "tides.py"])\nVoiceWidget(tools=[server])'
    ),
    'Write HostedMcp("docs", "https://example.org/mcp").': HOSTED,
    'Write cwd="servers".': 'LocalMcp(["python", "tides.py"], cwd="servers")',
    'Give it a short name: HostedMcp("docs", "https://example.org/mcp").': HOSTED,
    'Give its address: HostedMcp("docs", "https://example.org/mcp").': HOSTED,
    'Give it apart: HostedMcp("docs", "https://example.org/mcp", authorization=token).': (
        'token = "t"\nHostedMcp("docs", "https://example.org/mcp", authorization=token)'
    ),
    'Write require_approval="always", or "never" where nobody is to be asked.': (
        'for asked in ("always", "never"):\n'
        '    HostedMcp("docs", "https://example.org/mcp", require_approval=asked)'
    ),
    'Give one such as {"server": "files", "name": "list", "output": "Two files."}.': (
        'ScriptedService([{"hear": "a", "say": "b", "mcp": {"server": "files", "name": "list", '
        '"output": "Two files."}}])'
    ),
    'Give a sentence: consent="This talk is recorded for our study."': (
        'VoiceWidget(record=True, transport="comm", consent="This talk is recorded for our study.")'
    ),
    'Give pseudonyms={"user": "P07"}.': 'VoiceWidget(record=True, pseudonyms={"user": "P07"})',
    'Give record=True, or record="runs/p01".': 'VoiceWidget(record=True)\nVoiceWidget(record="runs/p01")',
    "Give record=True, or record=FOLDER.": RECORDS,
    'Give the folders of talks, or a pattern of them, such as "runs/*".': 'read_talks("runs/*")',
    'Give user="left" or user="right".': (
        'Talk.from_audio("call.wav", user="left")\nTalk.from_audio("call.wav", user="right")'
    ),
    "Write compare(talk, other), or compare([talk], [other]).": (
        "talk = other = Talk.example()\ncompare(talk, other)\ncompare([talk], [other])"
    ),
    'Write names=("a", "b").': 'compare(Talk.example(), Talk.example(), names=("a", "b"))',
    "Write level=0.95.": "compare(Talk.example(), Talk.example(), level=0.95)",
    "Give it to a RealtimeAgent(tools=[…]), and that as agent=….": (
        'VoiceWidget(agent=RealtimeAgent("a", tools=[]))'
    ),
    'Give llm=Chat("http://127.0.0.1:11434/v1", "llama3.2"), or service=OpenAI().': BY_MODEL,
    "Make the widget with llm=…, or with service=OpenAI().": BY_MODEL,
    CHOOSES: BY_CHAT,
    "Leave it out, or use service=Local(); a RealtimeAgent runs at any service.": OF_THE_KERNEL,
    "Leave it out, or give agent=RealtimeAgent(…).": 'VoiceWidget(agent=RealtimeAgent("a"))',
    "Leave it out, or give agent=RealtimeAgent(…) or tools=[my_tool].": (
        'VoiceWidget(agent=RealtimeAgent("a"), context={})\nVoiceWidget(tools=[my_tool], context={})'
    ),
    "A FunctionTool has options of its own, as function_tool(timeout=5): give it as it is, "
    "tools=[my_tool]. For approval_timeout_s and others write @w.tool in the place of @function_tool.": (
        "from agents import function_tool\n\n\nasync def free() -> int:\n    return 7\n\n\n"
        "VoiceWidget(tools=[function_tool(timeout=5)(free), my_tool])\nw.tool(approval_timeout_s=9)(free)"
    ),
    "Leave them out: write RealtimeAgent(instructions=…).": (
        'VoiceWidget(agent=RealtimeAgent("a", instructions="Be brief."))'
    ),
    "Make it a RealtimeAgent(name=…, instructions=…): the other one only reads and writes text.": (
        'VoiceWidget(agent=RealtimeAgent(name="a", instructions="Be brief."))'
    ),
    'Write run_config={"output_guardrails": [my_guardrail]}.': (
        'VoiceWidget(agent=RealtimeAgent("a"), run_config={"output_guardrails": [my_guardrail]})'
    ),
    "Give ServerVad(silence_duration_ms=300), SemanticVad() or a function, or several by name.": (
        'Talk.example().what_if([ServerVad(silence_duration_ms=300), SemanticVad()], vad="level")'
    ),
    "Give Talk.example(), or one channel of 24 kHz.": "Talk.example().impaired(second_voice=Talk.example())",
    "Give noise_db=10, or another.": "Talk.example().impaired(noise_db=10)",
    'Give side="user" or side="assistant".': (
        'Talk.example().impaired(loss=0.1, side="user")\nTalk.example().impaired(loss=0.1, side="assistant")'
    ),
    'Give turn_detector="rule" or turn_detector="smart-turn".': (
        'Talk.example().what_if(SemanticVad(), turn_detector="rule")\nLocal(turn_detector="smart-turn")'
    ),
    'Give vad="silero" or vad=["silero", "webrtc"].': (
        'Talk.example().what_if(ServerVad(), vad="silero")\n'
        'Talk.example().what_if(ServerVad(), vad=["silero", "webrtc"])'
    ),
    'Give {"silence_duration_ms": range(200, 1000, 100)}.': (
        'Talk.example().sweep({"silence_duration_ms": range(200, 1000, 100)})'
    ),
    'Give by="turn".': 'Talk.example().measures(by="turn")',
    'Give stt="whisper".': 'Talk.from_audio("call.wav", stt="whisper")',
    "Look at w.recording.": "w.recording",
    "Mend it: w.tool_calls_df has the traceback.": "w.tool_calls_df",
    "\n… Cut here, of {:,} characters. All of it is in w.tool_calls_df.": "w.tool_calls_df",
    "The talk goes on; w.tool_calls_df and the log may say more.": "w.tool_calls_df",
    "Write w.budget = Budget(minutes=20).": "w.budget = Budget(minutes=20)",
    "w.budget = Budget({}={})": "w.budget = Budget(minutes=20)",
    "Write Budget(minutes=10), or leave it out.": "VoiceWidget(budget=Budget(minutes=10))",
    "Write Budget(minutes=10).": "Budget(minutes=10)",
    "Make it with agent=Wizard(desk=True).": DESK,
    "Make the widget with agent=Wizard(desk=True).": DESK,
    'Write Wizard(replies=["Yes.", "No."]).': 'Wizard(replies=["Yes.", "No."])',
    'Write Chat("http://127.0.0.1:11434/v1", "llama3.2").': 'Chat("http://127.0.0.1:11434/v1", "llama3.2")',
    'Write w.send_event({"type": "response.cancel"}).': 'w.send_event({"type": "response.cancel"}).result(5)',
    "Stop it with w.interrupt(), which cuts it where it is heard; or wait for its end.": (
        "w.interrupt().result(5)"
    ),
    'Write w.respond(instructions="Say it in French.").': (
        'w.respond(instructions="Say it in French.").result(5)'
    ),
    "Write budget=Budget(minutes=10), or leave it out.": "VoiceWidget(budget=Budget(minutes=10))",
    "Write Budget(money=1.0, prices=OPENAI_PRICES), or give minutes or tokens.": (
        'VoiceWidget(service=OpenAI("gpt-realtime-2.1", api_key="none"), '
        "budget=Budget(money=1.0, prices=OPENAI_PRICES))"
    ),
    'Give prices={"my-model": {…}} for it, or a budget of minutes or tokens.': (
        'VoiceWidget(prices={"my-model": {"input_audio": 32.0}})'
    ),
    'Give a text, such as filler="One moment.", or a list of texts.': (
        'w.tool(lambda: None, name="look", filler="One moment.")'
    ),
    "Look at w.approvals for those that do.": "w.approvals",
    'Write reason="Not today.", or leave it out.': (
        'w.on("approval", lambda call: w.reject_tool_call(call["tool_call_id"], reason="Not today."))'
    ),
    "Give the method of an object, as tools=[my_object.look_up].": (
        "class Books:\n    def look_up(self, title: str) -> str:\n        return title\n\n"
        "my_object = Books()\nVoiceWidget(tools=[my_object.look_up])"
    ),
    'Give a dict of plain values, such as {"days": 3}.': (
        'w.on("approval", lambda call: w.approve_tool_call(call["tool_call_id"], arguments={"days": 3}))'
    ),
    "Make it with VoiceWidget(record=True), or record=FOLDER.": RECORDS,
    "Use pause_recording() or resume_recording().": (
        "w.pause_recording().result(5)\nw.resume_recording().result(5)"
    ),
    'Write prices={"my-model": {"input_audio": 32.0, "output_audio": 64.0}}.': (
        'VoiceWidget(prices={"my-model": {"input_audio": 32.0, "output_audio": 64.0}})'
    ),
    "Change it in headers={…}.": 'OpenAI(**offline, headers={"X-Mine": "yes"})',
    'Choose "current" or "beta".': 'OpenAI(**offline, dialect="current")\nOpenAI(**offline, dialect="beta")',
    'Choose "real" or "max".': 'w.play(sound, 24_000, pace="real")\nw.play(sound, 24_000, pace="max")',
    'Choose "unified" or "ephemeral".': 'VoiceWidget(flow="unified")\nVoiceWidget(flow="ephemeral")',
    'Choose "webrtc", "comm" or "memory".': (
        'VoiceWidget(service=OpenAI(**offline), transport="webrtc")\nVoiceWidget(transport="comm")\n' + MEMORY
    ),
    'Close what else works on it, or take a smaller recogniser: `Local(stt="pocketsphinx")`.': (
        'Local(stt="pocketsphinx")'
    ),
    "Choose it with VoiceWidget(service=…).": "VoiceWidget(service=ScriptedService([]))",
    "Choose it with VoiceWidget(flow=…).": 'VoiceWidget(flow="unified")',
    "Choose it with VoiceWidget(transport=…).": MEMORY,
    "Choose one with w.voice = ….": 'w.voice = "cedar"',
    "Give VoiceWidget(history=…).": 'VoiceWidget(history=[{"role": "user", "content": "Hello."}])',
    "Give Hints(phrases=(…), words=(…)) of str.": 'Hints(phrases=("a b",), words=("c",))',
    "Give Local(), OpenAI(model=…) or another object with the methods of a Service.": (
        'VoiceWidget(service=OpenAI(model="m", api_key="none"))\nLocal()'
    ),
    "Give a function of one turn: def agent(turn): return f'You said {turn.text}.'": (
        "def agent(turn): return f'You said {turn.text}.'\nVoiceWidget(agent=agent)"
    ),
    'Give a list, [{"hear": "hello", "say": "Hello to you."}], or the path of a file.': (
        'ScriptedService([{"hear": "hello", "say": "Hello to you."}])'
    ),
    'Give a name such as voice="marin".': updated('voice="marin"'),
    'Give all of it at once, or use transport="memory".': MEMORY,
    "Give it name=.": 'agent.intent("is it open", name="opening")(lambda: "Yes.")',
    'Give its name: ToolCall("add", {"a": 2}).': 'ToolCall("add", {"a": 2})',
    'Give language="en".': 'VoiceWidget(language="en")',
    'Give one such as "gpt-4.1-mini".': 'Chat("http://127.0.0.1:11434/v1", "gpt-4.1-mini")',
    'Give one such as "http://127.0.0.1:11434/v1".': 'Chat("http://127.0.0.1:11434/v1", "llama3.2")',
    'Give one such as "https://example.org/v1".': 'OpenAI(**offline, base_url="https://example.org/v1")',
    "Give script=[{…}].": 'Local(script=[{"hear": "a", "say": "b"}])',
    "Give the service's name of a model that transcribes, as in "
    '`w.update(transcription={"model": "whisper-1"})`, or none: `w.update(transcription=None)`.': (
        TRANSCRIPTION
    ),
    "Give str, Show(value) for the cell, or ToolCall(name, arguments).": (
        "Show(value)\nToolCall(name, arguments)"
    ),
    "Give the agent a method examples().": "assert VoiceWidget(agent=Agent()).examples == Agent().examples()",
    'Give the call_id that the service told, "rtc_…".': 'VoiceWidget().join("rtc_…")',
    'Give the call_id, such as "rtc_…".': 'VoiceWidget().join("rtc_…")',
    "Give a voice_widget.services.clock.ManualClock(), or leave it out.": (
        "import voice_widget.services.clock\n"
        "ScriptedService([], voice_widget.services.clock.ManualClock())\nScriptedService([])"
    ),
    "Write Tool(my_function).": "VoiceWidget(tools=[Tool(my_function)])",
    "Give tools=[my_function].": "VoiceWidget(tools=[my_function])",
    'Use a def with a name, or give one: Tool(my_function, name="look_up").': (
        'Tool(my_function, name="look_up")'
    ),
    'Hang up: w.disconnect(), ask for another: w.update({}_format={"type": "audio/pcm", "rate": 24000}), '
    "and call again.": "w.disconnect().result(5)\n" + FORMATS + "\nw.connect().result(5)",
    "If it stays so, give the service's name of a model that transcribes, as in "
    '`w.update(transcription={"model": "whisper-1"})`, or none: `w.update(transcription=None)`.': (
        TRANSCRIPTION
    ),
    "Hang up first: w.disconnect().": "w.disconnect().result(5)",
    "Leave it out to use the environment variable OPENAI_API_KEY, or give "
    'api_key="none" if the server needs no key.': 'OpenAI(model="m", api_key="none")',
    'Leave it out, or use transport="comm" or "memory".': f'VoiceWidget(transport="comm")\n{MEMORY}',
    'Leave transport out, or choose "memory" or "comm".': f'VoiceWidget(transport="comm")\n{MEMORY}',
    "Look at `w.events_df` for the details.": "w.events_df",
    "Ask again; look at `w.events_df` for what came of it.": "w.events_df",
    "The event was passed over; look at `w.events_df` if something is missing.": "w.events_df",
    "Look at w.settings, and try again.": "w.settings",
    "Make a new VoiceWidget({}=…).": 'VoiceWidget(language="en")',
    "Make a new VoiceWidget(service=OpenAI(model=…)).": (
        'VoiceWidget(service=OpenAI(model="m", api_key="none"))'
    ),
    "Make hints() quick, or leave it out.": "VoiceWidget(agent=Agent())\nAgent().hints()",
    "Press Call, or send_text().": 'w.send_text("hello").result(5)',
    'Reload the page and call again, or use transport="memory".': MEMORY,
    "Run `ssh -L 8888:localhost:8888 user@server` and open http://localhost:8888, or use "
    'flow="unified".': UNIFIED,
    'Say "go on" if it was not done yet, or ask again in other words; look at `w.events_df` for what was '
    "called and what it gave.": 'w.send_text("go on").result(5)\nw.events_df',
    'Say "go on" to hear the rest, or allow more with w.update(max_output_tokens="inf").': (
        'w.send_text("go on").result(5)\nw.update(max_output_tokens="inf").result(5)'
    ),
    'Shorten the instructions or the tools, or use transport="comm".': 'VoiceWidget(transport="comm")',
    'Press Call again; if it happens again this service wants another way: transport="comm".': (
        'VoiceWidget(transport="comm")'
    ),
    "Choose them with VoiceWidget(ice_servers=…).": f'VoiceWidget(ice_servers={TURN}, transport="webrtc")',
    f"Write {TURN}.": f'VoiceWidget(ice_servers={TURN}, transport="webrtc")',
    'It begins with stun:, stuns:, turn: or turns:, as "stun:stun.example.org:3478".': (
        'VoiceWidget(ice_servers="stun:stun.example.org:3478", transport="webrtc")'
    ),
    'Leave them out, or use transport="webrtc".': f'VoiceWidget(ice_servers={TURN}, transport="webrtc")',
    "Type with send_text(), or leave it and call.": 'w.send_text("hello").result(5)',
    "Use `await` instead of `.result()`, or ask for the result in a later cell.": (
        'await w.until("connected")\nw.until("connected").result(5)'
    ),
    SEES: (
        "assert OpenAI(api_key='none').capabilities.images\n"
        "assert OpenAI(**offline, images=True).capabilities.images"
    ),
    "Use a service that has, such as OpenAI().": (
        "VoiceWidget(service=OpenAI(**offline))\nassert OpenAI.accept and OpenAI.refer"
    ),
    "Connect first: w.connect(), or press Call.": CONNECT,
    'Give a dict such as {"type": "response.create"}.': 'w.send_event({"type": "response.create"}).result(5)',
    'Give texts, or items such as {"role": "system", "text": "The user is at the station."}.': (
        'w.add_items([{"role": "system", "text": "The user is at the station."}]).result(5)'
    ),
    "Look at w.events_df, and try again.": "w.events_df",
    "Use w.interrupt().": "w.interrupt().result(5)",
    "Use w.play(…).": "w.play(sound, 24_000).result(5)",
    "Use w.say(…).": 'w.say("hello").result(5)',
    "Use w.update({}=…).": updated("speed=1.2"),
    "Use connect() or disconnect().": CONNECT,
    "Use connect() to try at once.": CONNECT,
    "Use connect().": CONNECT,
    "Use def; it runs on a thread of the widget and may block, or call asyncio.run(…).": (
        'import asyncio\nw.on("turn", lambda row: asyncio.run(asyncio.sleep(0)))'
    ),
    'Use flow="unified" if the service does not let pages in (CORS); '
    "else check the network, then call.": UNIFIED,
    'Use flow="unified".': UNIFIED,
    "Use interrupt() or say().": 'w.say("hello").result(5)\nw.interrupt().result(5)',
    'Use pace="real", or transport="memory".': f'w.play(sound, 24_000, pace="real")\n{MEMORY}',
    "Use play() to speak as the user.": "w.play(sound, 24_000).result(5)",
    "Use say() or interrupt().": 'w.say("hello").result(5)\nw.interrupt().result(5)',
    'Use transport="memory" with it, or Local(script=…) to test in a browser.': (
        f'{MEMORY}\nLocal(script=[{{"hear": "a", "say": "b"}}])'
    ),
    'Write @agent.intent("what to say").': '@agent.intent("what to say")\ndef said():\n    return "Yes."',
    'Write def agent(turn): return f"You said {turn.text}."': (
        'def agent(turn): return f"You said {turn.text}."\nVoiceWidget(agent=agent)'
    ),
    'Write extra={"reasoning": {"effort": "low"}}.': updated('extra={"reasoning": {"effort": "low"}}'),
    "Write extra={'include': [\"item.input_audio_transcription.logprobs\"]}.": (
        updated("extra={'include': [\"item.input_audio_transcription.logprobs\"]}")
    ),
    "Write extra={'parallel_tool_calls': False}.": updated("extra={'parallel_tool_calls': False}"),
    'Write extra={\'prompt\': {"id": "pmpt_123"}}.': updated('extra={\'prompt\': {"id": "pmpt_123"}}'),
    "Write extra={'tracing': \"auto\"}.": updated("extra={'tracing': \"auto\"}"),
    "Write extra={'truncation': \"auto\"}.": updated("extra={'truncation': \"auto\"}"),
    'Write flow="unified".': UNIFIED,
    'Write headers={"OpenAI-Safety-Identifier": "…"}.': (
        'OpenAI(**offline, headers={"OpenAI-Safety-Identifier": "me"})'
    ),
    'Write input_format={"type": "audio/pcm", "rate": 24000}.': FORMAT.format("input_format"),
    'Write instructions="You are brief."': updated('instructions="You are brief."'),
    'Write max_output_tokens=1000, or "inf" for no limit.': (
        'w.update(max_output_tokens=1000).result(5)\nw.update(max_output_tokens="inf").result(5)'
    ),
    'Write noise_reduction={"type": "near_field"}, or None for none.': (
        'w.update(noise_reduction={"type": "near_field"}).result(5)\nw.update(noise_reduction=None).result(5)'
    ),
    'Write output_format={"type": "audio/pcm", "rate": 24000}.': FORMAT.format("output_format"),
    'Write output_modalities=["audio"] for spoken answers, or ["text"] for written ones.': (
        'w.update(output_modalities=["audio"]).result(5)\nw.update(output_modalities=["text"]).result(5)'
    ),
    'Write Part("pocketsphinx").': 'Part("pocketsphinx")',
    "Write service={}().": "VoiceWidget(service=Local())",
    'Write settings=Settings(voice="marin").': 'VoiceWidget(settings=Settings(voice="marin"))',
    "Write speed=1.2.": updated("speed=1.2"),
    'Write tool_choice="auto".': updated('tool_choice="auto"'),
    "Write tools=[my_function].": "VoiceWidget(tools=[my_function])",
    'Write transcription={"language": "en"}, or None for none.': (
        'w.update(transcription={"language": "en"}).result(5)\nw.update(transcription=None).result(5)'
    ),
    "Write turn_detection=ServerVad(silence_duration_ms=500) or SemanticVad(), or None for push-to-talk.": (
        "w.update(turn_detection=ServerVad(silence_duration_ms=500)).result(5)\n"
        "w.update(turn_detection=SemanticVad()).result(5)\nw.update(turn_detection=None).result(5)"
    ),
    'Write voices=("marin", "cedar"), or leave it out.': 'OpenAI(**offline, voices=("marin", "cedar"))',
    "Write w.muted = True.": "w.muted = True",
    'Write w.view = "compact".': 'w.view = "compact"',
    'Write w.colors = {"user": "#0a7"}.': 'w.colors = {"user": "#0a7"}',
    'Write colors={"user": "#0a7"}.': 'VoiceWidget(colors={"user": "#0a7"})',
    'Give one as CSS has it: "#0a7", "teal" or "rgb(0 170 119)".': (
        'for colour in ("#0a7", "teal", "rgb(0 170 119)"):\n    w.colors = {"user": colour}'
    ),
    "Use headphones, or turn the loudspeaker down. Push to talk helps, too: "
    "`w.update(turn_detection=None)`.": (updated("turn_detection=None")),
    "Write w.volume = 0.5.": "w.volume = 0.5",
    "Take one from w.devices_df, or None for the browser's own {}.": "w.devices_df\nw.microphone = None",
    'Write w.on("turn", function).': 'w.on("turn", function)',
    "Write w.turn_detection = ServerVad(silence_duration_ms=500).": (
        "w.turn_detection = ServerVad(silence_duration_ms=500)"
    ),
    'Write w.voice = "marin".': 'w.voice = "marin"',
    "this widget has no agent; give VoiceWidget(agent=…)": "VoiceWidget(agent=Agent())",
    NO_TABLE: DATA,
    NO_MODEL: WITH_MODEL,
    'Give a file such as [{"hear": "how many rows", "say": "Two hundred."}].': (
        'ScriptedService([{"hear": "how many rows", "say": "Two hundred."}])'
    ),
    "Give functions as VoiceWidget(tools=[my_function]) or w.update(tools=[my_function]).": (
        f"VoiceWidget(tools=[my_function])\n{updated('tools=[my_function]')}"
    ),
    "No sideband: what the page does not send on, the server behind it never learns. "
    "The widget takes sideband=False.": "VoiceWidget(service=OpenAI(**offline, sideband=False))",
    'Pages have to send their sound another way; the widget takes transport="comm".': (
        'VoiceWidget(transport="comm")'
    ),
    'Say "go on" to hear the rest, or ask again.': 'w.send_text("go on").result(5)',
    'Set the environment variable {}, or give api_key="none" if the server needs no key.': (
        'OpenAI(model="m", api_key="none")'
    ),
    "Set the environment variable {}, or use Local().": "VoiceWidget(service=Local())",
    'The widget understands it; of other servers, see dialect="beta".': 'OpenAI(**offline, dialect="beta")',
    "VoiceWidget: a voice agent in this notebook. The turns so far are in w.transcript_df.": (
        "VoiceWidget()\nw.transcript_df"
    ),
    "the service's name of a model that transcribes, as in "
    '`w.update(transcription={"model": "whisper-1"})`, or none: `w.update(transcription=None)`.': (
        TRANSCRIPTION
    ),
    'Use a tunnel that has https, as `w.own_tab("https://example.org")`.': 'w.own_tab("https://example.org")',
    'Give where your tunnel begins, as `w.own_tab("https://example.org")`.': 'w.own_tab("https://example.org")',
    "Write w.update(speed=1.2).": updated("speed=1.2"),
}

# They tell of something that was given, or of what is no Python.
NO_CODE = {
    '<a href="{}" target="_blank" rel="noopener">Open the talk in a tab of its own</a> (once, within {} s)': (
        "what a cell shows"
    ),
    'Write [{"urls": "stun:stun.example.org"}] into it, or servers with their credentials.': "of a file",
    'Give another path, or media="{}" to link it.': "names a file that is there",
    'A session of type {} is not possible here: only "realtime" is.': "a value of the protocol",
    '`session.type` is missing: it must be "realtime".': "a value of the protocol",
    'Give one such as "tel:+14155550123" or "sip:desk@example.org".': "addresses; `refer` needs a phone call",
    'Give one such as "https://example.org/mcp".': "an address",
    'Give one such as "tel:+14155550123".': "an address; `refer` needs a phone call",
    'Leave sideband=False and dialect="beta" out if it has.': "names what was given",
    'Leave dialect="beta" out if given: this service speaks today\'s protocol.': "names what was given",
    'Run pip install "voice-widget[natural]".': "installs something",
    'If you want it, run `pip install "{}[{}]"`.': "installs something",
    'Run `pip install "ipykernel>=7"` and restart the kernel: {}.': "installs something",
    'Run `pip install "ipykernel>=7"`, or open the notebook with marimo.': "installs something",
    'Run `pip install "ipykernel>=7"`: then pages are heard beside a running cell.': "installs something",
    'Run: pip install "voice-widget[local]". Typed text works without them.': "installs something",
    "The agent's examples() failed: {}.": "names what failed",
    "The agent's hints() took more than {} s; the call goes on without them.": "names what failed",
    "data= is a {}, which is no table.": "names what was given",
    'stt="scripted" needs a script.': "names what was given",
    ' (pip install "voice-widget[{}]")': "installs something",
    'Choose one of {}; or name yours: "module:Class".': "names what there is",
    'Write it into a file, my_parts.py, and give "my_parts:{}".': "a module of the user's",
    'Write {"name": "vosk", "options": {"model": "PATH"}}.': "JSON, for a command line",
    "{}.hints() failed; the call goes on without what it expects to hear.": "names what failed",
    "{}.hints() gave something else than texts; the call goes on without them.": "names what failed",
    "Chat(server={}, model={})": "a repr",
    "{}(model={}, server={}{})": "a repr",
    "No agent is attached to this session: open its socket with `agent=kernel`, then ask again.": (
        "the query of an address; `services/local.py` sends it"
    ),
    "The audio of the offer does not share its port with RTCP (`a=rtcp-mux`).": OFFER,
    "The offer does not say which side begins the handshake (`a=setup:actpass`).": OFFER,
    "The offer has no fingerprint in {} (`a=fingerprint`).": OFFER,
    "The offer says nowhere who calls (`a=ice-ufrag` and `a=ice-pwd`).": OFFER,
    "The sections of the offer have no names of their own (see its `a=mid` lines).": OFFER,
    "This is no SDP offer: a line in it is not of the form `x=…`.": OFFER,
    "This is no SDP offer: it does not begin with `v=0`.": OFFER,
    "Write extra={{}: {}}.": "what comes of it is in RUNS, for each field",
    '`response.conversation` must be "auto" or "none".': "values of the protocol",
    'notebook:  VoiceWidget(service=OpenAI(base_url="{}/v1", api_key="TOKEN"))': SERVE,
    'openai:    AsyncOpenAI(base_url="{}/v1", api_key="TOKEN").realtime.connect(model="embedded")': SERVE,
    "{}.hints() failed.": "names what failed",
}
