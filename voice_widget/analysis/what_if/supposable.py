"""A recorded talk heard otherwise, as verbs of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from voice_widget.analysis.what_if.detectors import Detectors, Hearings, Vad
    from voice_widget.analysis.what_if.impairments import Voice
    from voice_widget.analysis.what_if.result import Sweep, WhatIf
    from voice_widget.realtime.settings.parts import Part
    from voice_widget.realtime.state.records import Side
    from voice_widget.recording.recogniser import Recognise
    from voice_widget.recording.record import Record


class Supposable:
    """What other detectors of turns would have done, and what a worse line does to them.

    What does the work is imported where it is asked for: a notebook's first import does without it.
    """

    _record: Record
    _heard: Hearings | None = None

    def what_if(
        self,
        detector: Detectors,
        *,
        vad: Vad | Sequence[Vad] | None = None,
        turn_detector: Vad = "rule",
        tolerance_ms: float = 50,
    ) -> WhatIf:
        """Run another detector of turns over what the user said, and hold it against what the service did.

        When the user spoke is what the rows say, made exact by the sound. Behind the end of the recording is
        silence, and so is a gap in it. Detectors of speech run in a process of their own, by the engine's own
        rule; the talk is heard once by each.

        Args:
            detector: `ServerVad` or `SemanticVad`, or the protocol's object; or a function from the samples
                of the user's channel and their rate to pairs: from when a turn is, and when it says that it
                is over, in milliseconds. Or several of these: in a list, or by name.
            vad: What hears speech, as ``Local(vad=…)`` takes it: ``"silero"``, ``"webrtc"``, ``"level"`` or
                one of yours; several: each detector with each. If nothing is said the best that is installed.
            turn_detector: What `SemanticVad` asks whether a turn is over: ``"rule"`` or ``"smart-turn"``. It
                judges by the sound; what a recogniser understands is not asked.
            tolerance_ms: Who differs by no more from the service is the same; and so long before the end of
                speech a turn may be said to be over.

        Raises:
            SettingError: It is no detector; or the only one has failed (``detector_failed``).
            RecordingError: There is no sound (``not_recorded``, or as in `problems`).
            EngineError: The only detector does not load.

        Example:
            >>> from voice_widget import ServerVad, Talk
            >>> quicker = Talk.example().what_if(ServerVad(silence_duration_ms=200), vad="level")
            >>> list(quicker.table["verdict"])
            ['earlier', 'earlier']
        """
        from voice_widget.analysis.what_if.trying import what_if

        talk: Any = self
        return what_if(
            talk, self._hearings(), detector, vad=vad, turn_detector=turn_detector, tolerance_ms=tolerance_ms
        )

    def sweep(self, grid: Mapping[str, Any], *, tolerance_ms: float = 50, jobs: int | None = None) -> Sweep:
        """Try every combination of numbers for `ServerVad`, and of detectors of speech.

        Args:
            grid: Values by name: ``silence_duration_ms``, ``threshold``, ``min_speech_ms`` and ``vad``.
            tolerance_ms: As in `what_if`.
            jobs: So many detectors of speech hear the talk at the same time; if nothing is said all of them.

        Raises:
            SettingError: A sweep cannot vary that, or a value is none.
            RecordingError: There is no sound (``not_recorded``, or as in `problems`).
            EngineError: No detector of speech loads.

        Example:
            >>> from voice_widget import Talk
            >>> sweep = Talk.example().sweep({"silence_duration_ms": [200, 500], "vad": "level"})
            >>> sweep.table["n"].tolist(), sweep.table["missed"].tolist()
            ([2, 2], [0, 0])
        """
        from voice_widget.analysis.what_if.trying import sweep

        talk: Any = self
        return sweep(talk, self._hearings(), grid, tolerance_ms=tolerance_ms, jobs=jobs)

    def impaired(
        self,
        *,
        noise_db: float | None = None,
        gain_db: float | None = None,
        clip: float | None = None,
        loss: float | None = None,
        delay_ms: float | None = None,
        second_voice: Voice | NDArray[Any] | None = None,
        second_voice_db: float | None = None,
        side: Side = "user",
        seed: int = 0,
    ) -> Self:
        """The same talk over a worse line or in a worse room: where does a detector, or a recogniser, break?

        Rows and events are the same, only the sound of one side is another; it is made where it is read. It
        lies nowhere until it is saved, and its manifest says in ``impaired`` what was done. What is given is
        done in the order in which it stands here, but for a second voice, which comes first: noise is of the
        room, and the rest of the line. The same seed gives the same samples.

        Args:
            noise_db: How far white noise lies below the voice, in dB: 20 is a quiet office, 0 as loud.
            gain_db: Louder, or below 0 softer.
            clip: The share of full scale beyond which samples are cut off: 0.1 distorts any voice.
            loss: The share of packets of 20 ms that are lost: silence in their place.
            delay_ms: So much later that side is heard, in whole milliseconds, and the recording is longer by
                that. Its turns, words and labels go with it; its rows keep the times of their call.
            second_voice: Somebody else who speaks: a talk, of which it is the user's channel, or samples of
                24 kHz; from its beginning, again and again.
            second_voice_db: How far it lies below the voice, in dB; if nothing is said it is as loud.
            side: Which side.
            seed: Which chance noise and loss have: on each side, and of each impairment after another, one of
                its own.

        Raises:
            SettingError: A number is none that could be, nothing is to be done, or there is no voice.
            RecordingError: There is no sound (``not_recorded``, or as in `problems`).

        Example:
            >>> from voice_widget import Talk
            >>> noisy = Talk.example().impaired(noise_db=10, seed=3)
            >>> noisy.manifest["impaired"]
            [{'side': 'user', 'noise_db': 10.0, 'seed': 3}]
        """
        from voice_widget.analysis.coding.codable import kept
        from voice_widget.analysis.what_if.impairments import impaired, tables
        from voice_widget.recording.labels import moved

        talk: Any = self
        numbers = {"noise_db": noise_db, "gain_db": gain_db, "clip": clip, "loss": loss}
        numbers |= {"delay_ms": delay_ms, "second_voice_db": second_voice_db}
        record = impaired(self._record, talk.sound, side, seed, second_voice, numbers)
        by_ms = record.delays.get(side, 0) - self._record.delays.get(side, 0)
        result = copy(talk)
        result._record, result._heard = record, None
        result._tables, result._unsaved = tables(record, talk._table), moved(kept(talk), side, by_ms)
        same: Self = result
        return same

    def recognised(self, stt: str | Part | Recognise, *, language: str = "en") -> pd.DataFrame:
        """What a recogniser understands of each of the user's turns, as they sound now.

        Columns are ``seq``, ``start_ms``, ``end_ms``, ``text`` (of the row), ``recognised``, and ``problem``:
        why that is missing. Of a turn whose sound was redacted or lost, also in part, nobody is asked.

        Args:
            stt: A recogniser by its name, as ``Local(stt=…)`` takes it, or a function: from the samples of a
                turn and their rate, 16,000, to its text.
            language: What is spoken; recognisers are told.

        Raises:
            SettingError: It is neither.
            RecordingError: There is no sound (``not_recorded``, or as in `problems`).
            MissingParts: The recogniser is not installed.

        Example:
            >>> from voice_widget import Talk
            >>> heard = Talk.example().impaired(loss=0.2).recognised(lambda samples, rate: "Hm?")
            >>> list(heard["text"]), list(heard["recognised"])
            (['Compare body mass by species.', 'Which island has the most penguins?'], ['Hm?', 'Hm?'])
        """
        from voice_widget.analysis.what_if.recognising import recognised

        talk: Any = self
        return recognised(talk, stt, language)

    def _hearings(self) -> Hearings:
        from voice_widget.analysis.what_if.detectors import Hearings

        talk: Any = self
        sound = talk.sound
        if self._heard is None or self._heard.sound is not sound:
            self._heard = Hearings(sound)
        return self._heard
