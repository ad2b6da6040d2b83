"""`VoiceWidget`: the traits and verbs of a voice agent in a notebook. No logic."""

from __future__ import annotations

from typing import Any

import anywidget

from voice_widget.errors import ErrorInfo
from voice_widget.facts import Fact
from voice_widget.messages import Activity, ConnectionState, Row, Summary, Transport


class VoiceWidget(anywidget.AnyWidget):
    """Talk to a voice agent; everything that happens becomes data."""

    connection_state = Fact[ConnectionState](
        "disconnected", "Where the call is.", ask="Use connect() or disconnect()."
    )
    activity = Fact[Activity]("idle", "What the assistant does.", ask="Use interrupt() or say().")
    user_speaking = Fact[bool](False, "The user is heard speaking.", ask="Use play() to speak as the user.")
    assistant_speaking = Fact[bool](
        False, "The assistant is heard speaking.", ask="Use say() or interrupt()."
    )
    voice = Fact[str | None](None, "The assistant's voice in force. Assign to change it.")
    voices = Fact[list[str]](
        [], "The voices the service is known to have.", ask="Choose one with w.voice = …."
    )
    muted = Fact[bool](False, "The microphone is muted. Assign to change it.")
    turn_detection = Fact[dict[str, Any] | None](
        None,
        "How the end of a turn is found, as the protocol says it. None: push to talk. Assign to change it.",
    )
    transport = Fact[Transport](
        "webrtc", "How the caller's audio travels.", ask="Choose it with VoiceWidget(transport=…)."
    )
    reconnect_attempts = Fact[int](0, "Attempts made to get a lost call back.", ask="It counts by itself.")
    retry_at = Fact[float](
        0.0,
        "When the next attempt starts, seconds since the epoch; 0: none.",
        ask="Use connect() to try at once.",
    )
    error = Fact[ErrorInfo | None](
        None, "What stopped the call or was refused.", ask="It clears with the next call."
    )
    notice = Fact[ErrorInfo | None](
        None, "Something worth knowing that stops no call.", ask="Do its next step."
    )
    transcript = Fact[list[Row]](
        [],
        "The finished turns. Sent to the page once, when the talk is over; until then it gets row messages.",
        ask="Read transcript_df, or copy the list.",
    )
    turns = Fact[int](0, "How many turns are finished.", ask="It counts by itself.")
    service_name = Fact[str](
        "", "What the panel calls the service.", ask="Choose it with VoiceWidget(service=…)."
    )
    model = Fact[str]("", "The service's model.", ask="Choose it with VoiceWidget(service=…).")
    examples = Fact[list[str]]([], "Sentences worth trying.", ask="Give the agent a method examples().")
    holder = Fact[str](
        "", "The page that holds the call; empty: none.", ask="Press Call in the page you want."
    )
    call_started_at = Fact[float](
        0.0, "When the call was connected, seconds since the epoch; 0: no call.", ask="Use connect()."
    )
    summary = Fact[Summary | None](None, "The line under an ended talk.", ask="Read transcript_df.")
    can_call = Fact[bool](
        False, "The service answers the page's offer.", ask="It depends on the service and the transport."
    )
