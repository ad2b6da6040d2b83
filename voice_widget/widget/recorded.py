"""What a widget says of its recording."""

from __future__ import annotations

from voice_widget.realtime.state.records import Consent, RecordingState
from voice_widget.widget.traits import KernelTrait, KernelWidget


class Recorded(KernelWidget):
    """The facts about the recording."""

    recording = KernelTrait[RecordingState](
        "", "Whether both sides' sound is kept; before a call: whether it will be.", ask="Pause it, or go on."
    )
    consent = KernelTrait[Consent | None](
        None,
        "What is asked before the microphone opens, and the answer; None: nothing is asked.",
        ask="Only a person at the page can answer.",
    )
