"""A widget where Python runs in the browser: all of it can be imported, and a talk needs no thread."""

from __future__ import annotations

from tests.in_browser import in_browser


def test_every_public_name_is_there_without_what_has_no_wheel_for_it() -> None:
    assert (
        in_browser("""
        import voice_widget
        return [name for name in voice_widget.__all__ if not hasattr(voice_widget, name)]
    """)
        == []
    )


def test_what_needs_a_process_or_a_socket_says_what_to_do_instead() -> None:
    refused = in_browser("""
        from voice_widget import Local, OpenAI, VoiceWidget, VoiceWidgetError
        said, service = [], OpenAI(base_url="http://127.0.0.1:1/v1", api_key="none")
        w = VoiceWidget(service=service)
        for ask in (Local, VoiceWidget, w.own_tab, w.connect().result):
            try:
                ask()
            except VoiceWidgetError as error:
                said.append([error.code, error.next_step])
        try:
            await service.connect()
        except VoiceWidgetError as error:
            said.append([error.code, error.next_step])
        return said, service.capabilities.sideband, w.transport
    """)
    (local, default, tab, waits, socket), sideband, transport = refused
    assert local == default == tab
    assert [code for code, _ in (local, waits, socket)] == ["no_processes", "wait_error", "no_sockets"]
    assert all(step for _, step in (local, waits, socket))
    assert (sideband, transport) == (False, "webrtc")


def test_a_whole_talk_takes_its_turns_on_one_loop() -> None:
    assert in_browser("""
        from voice_widget import ScriptedService, VoiceWidget
        service = ScriptedService([])
        w = VoiceWidget(service=service, transport="memory", agent=lambda turn: f"You said {turn.text}.")
        heard = []
        w.on("turn", lambda row: heard.append(row["text"]))
        await w.connect()
        await w.send_text("hello")
        answer = await w.next_turn("assistant")
        await w.hangup()
        state = w.connection_state
        texts = [row["text"] for row in w.transcript]
        w.close()
        return [answer["text"], state, texts, heard]
    """) == ["You said hello.", "disconnected", ["hello", "You said hello."], ["hello", "You said hello."]]


def test_a_page_gets_the_nulls_that_json_would_bring_it_and_gives_none() -> None:
    assert in_browser("""
        from voice_widget.page.nulls import from_page, to_page
        null = pyodide.ffi.jsnull
        told = to_page({"error": None, "rows": [{"text": None, "seq": 1}], "at": (None, 2)})
        return [
            told == {"error": null, "rows": [{"text": null, "seq": 1}], "at": [null, 2]},
            from_page(told),
        ]
    """) == [True, {"error": None, "rows": [{"text": None, "seq": 1}], "at": [None, 2]}]
