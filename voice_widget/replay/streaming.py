"""A long sound as a page plays it from any place: in short pieces, each made when it is asked for."""

from __future__ import annotations

from typing import NamedTuple

from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Sound
from voice_widget.replay.coding import BIT_RATE, End

MIME = "audio/webm; codecs=opus"
LONG_S = 600
"""What is no longer than this comes whole."""
PIECE_S = 10
"""So short that it is made well within a second."""
_FRAME = RATE // 50
_RUN_UP = 5 * _FRAME
"""An encoder that has heard what was before a piece goes on as the one of the piece before it ends."""
_CLUSTER = b"\x1f\x43\xb6\x75"


class Piece(NamedTuple):
    """A piece of WebM.

    Attributes:
        data: A head, and the sound on the clock of the whole.
        head: So many bytes are the head. It is the same in all pieces: only what is played first needs it.
    """

    data: bytes
    head: int


class Streamed:
    """The sound as Opus in WebM, in pieces that go on without a gap. None of it is kept.

    Args:
        sound: Both sides' samples: at least one.

    Attributes:
        pieces: How many there are.
    """

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self.pieces = -(-sound.samples // (PIECE_S * RATE))

    def piece(self, number: int) -> Piece:
        """One piece, from 0. Its packets are those that begin within its ten seconds.

        Raises:
            RecordingError: The sound cannot be read any more.
        """
        import av

        start = number * PIECE_S * RATE
        begin, stop = max(0, start - _RUN_UP), min(start + PIECE_S * RATE, self._sound.samples)
        end = End()
        with av.open(end, "w", format="webm", options={"fflags": "+bitexact"}) as file:
            stream = file.add_stream("libopus", rate=RATE, layout="stereo")
            stream.codec_context.bit_rate = BIT_RATE
            frame = av.AudioFrame.from_ndarray(
                self._sound.read(begin, stop).reshape(1, -1), format="s16", layout="stereo"
            )
            frame.rate, frame.pts = RATE, begin
            packets = stream.encode(frame)
            if stop == self._sound.samples:
                packets += stream.encode(None)
            # The encoder looks ahead for less than a frame: so much before its sound a packet's time is.
            file.mux([packet for packet in packets if packet.pts is not None and packet.pts > start - _FRAME])
        data = end.take()
        return Piece(data, max(0, data.find(_CLUSTER)))
