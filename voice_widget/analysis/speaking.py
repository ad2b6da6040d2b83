"""How much each side speaks, how fast, and what is hardly speech. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile

from voice_widget.analysis.spans import Span, length, shared, union
from voice_widget.realtime.wire.spoken_words import words

SHORT_MS = 400.0
"""Of what has no text: shorter than this is a cough or a "mm-hm"."""
_LISTENS = (
    "mm|mmm|mhm|mm-hm|mm-hmm|mhmm|hm|hmm|uh-huh|uhuh|huh|ah|aha|oh|yeah|yep|yes|ok|okay|right|sure|exactly|"
    "really|wow|cool|true|alright"
)
_LISTENS_TOO = "i see|got it|all right|of course|uh huh|mm hm|mm hmm|go on"
_HESITATES = "um|uh|hm|hmm|er"
_FILLS = (
    "let me see|let me check|let me look|let me think|one moment|one second|just a moment|"
    "just a second|a moment|hold on|hang on|give me a moment|give me a second|looking that up|still working|"
    "please wait|moment"
)
BACKCHANNELS = frozenset(_LISTENS.split("|"))
_PHRASES = frozenset(_LISTENS_TOO.split("|"))
FILLERS = tuple(_FILLS.split("|"))
HESITATIONS = frozenset(_HESITATES.split("|"))
_MOST_OF_A_FILLER = 8


def is_backchannel(text: str) -> bool:
    """Whether a text is nothing but a sign that one listens ("mm-hm", "yeah, okay").

    A heuristic: by a list of English words, and by nothing else. It says nothing of where the text was said:
    "yes" is an answer as well. `backchannels` counts those that lie within the other side's turn, or that
    began in an answer which stopped for them.

    Source: the term is V. H. Yngve's ("On getting a word in edgewise", Papers from the Sixth Regional Meeting
    of the Chicago Linguistic Society, 1970, 567-577); the list is ours.

    Example:
        >>> is_backchannel("Mm-hm. Yeah."), is_backchannel("Yeah, but stop.")
        (True, False)
    """
    said = words(text)
    return bool(said) and (" ".join(said) in _PHRASES or all(word in BACKCHANNELS for word in said))


def is_filler(text: str) -> bool:
    """Whether a text only says that an answer will come ("One moment, let me check.").

    A heuristic: it hesitates ("Hm."), begins with a phrase of an English list, or both, and has eight words
    at most, none of them a number. It is asked only where another turn of the same side follows before
    anybody else speaks.

    Example:
        >>> [is_filler(said) for said in ("One moment, please.", "Hm, let me see.", "Hm, 168.")]
        [True, True, False]
    """
    said = words(text)
    told = " ".join(dropwhile(HESITATIONS.__contains__, said))
    if len(said) > _MOST_OF_A_FILLER or any(letter.isnumeric() for letter in told):
        return False
    return bool(said) and (not told or any(told == each or told.startswith(f"{each} ") for each in FILLERS))


def is_echo(text: str, other: str) -> bool:
    """Whether a text is what the other side says just then: the loudspeaker in the microphone.

    A heuristic: two words or more, which follow each other in the other text as well.

    Example:
        >>> is_echo("body mass by", "The average body mass by species is 5076 grams.")
        True
    """
    said = words(text)
    return len(said) > 1 and f" {' '.join(said)} " in f" {' '.join(words(other))} "


def is_false_yield(overlap: str | None, text: str, sounded_ms: float | None, answer: str) -> bool | None:
    """Whether an answer that stopped because the user spoke need not have: None where nobody can say.

    Definition: the answer was stopped by speech, but what was said over it was a cough, a backchannel or the
    answer's own echo. A heuristic, in this order: what the engine took it for (the row's ``overlap``); its
    text, by `is_backchannel` and `is_echo`; without a text its length: under 400 ms it was no speech.

    Source: the "false interruption" of LiveKit Agents ("Turn handling options",
    ``resume_false_interruption``). Who must be sure labels by hand; this is what can be said without.

    Args:
        overlap: The row's, of what was said over the answer.
        text: What was said; empty where nobody knows.
        sounded_ms: How long it sounded.
        answer: All that the answer was to say.

    Example:
        >>> [is_false_yield(None, said, 300.0, "There are three.") for said in ("Mm-hm.", "Stop!", "")]
        [True, False, True]
    """
    if overlap is not None:
        return overlap in ("backchannel", "cough")
    if words(text):
        return is_backchannel(text) or is_echo(text, answer)
    if sounded_ms is None:
        return None
    return True if sounded_ms < SHORT_MS else None


def speech_rate(text: str, sounded_ms: float) -> float | None:
    """Words a minute, from the first sample of a turn to its last one.

    Definition: the pauses in it are part of it. Without them it would be the articulation rate, which needs
    the words' own times. Words are what stands between spaces and punctuation, in any script
    (`voice_widget.realtime.wire.spoken_words`), so it compares within a language only; of an answer that was
    cut those that were heard count.

    Source: speech rate against articulation rate: J. L. Miller, F. Grosjean, C. Lomanto, "Articulation rate
    and its variability in spontaneous speech", Phonetica 41 (1984), 215-225.

    Example:
        >>> speech_rate("one two three", 1500.0)
        120.0
    """
    count = len(words(text))
    return count * 60_000 / sounded_ms if count and sounded_ms > 0 else None


def overlap_share(user: Sequence[Span], assistant: Sequence[Span]) -> float | None:
    """How much of the time in which anybody sounds both do.

    Definition: the length of what is voiced on both channels by that of what is voiced on either. Pauses
    under 200 ms are part of a voiced stretch. Where a loudspeaker is heard in the microphone, echo counts as
    the user's speech.

    Source: overlap as both channels' voice activity: M. Heldner, J. Edlund, "Pauses, gaps and overlaps in
    conversations", Journal of Phonetics 38 (2010), 555-568.

    Example:
        >>> overlap_share([(0, 1000)], [(800, 2000)])
        0.1
    """
    whole = length(union([*user, *assistant]))
    return length(shared(user, assistant)) / whole if whole else None


def talk_share(own: Sequence[Span], other: Sequence[Span]) -> float | None:
    """How much of all speech is this side's: both sides' shares are 1 together.

    Definition: the length of its voiced stretches by that of both sides' together; overlaps count for both.

    Source: the "talk ratio" of call analytics; voice activity by channel as in `overlap_share`.

    Example:
        >>> talk_share([(0, 1000)], [(0, 3000)])
        0.25
    """
    both = length(own) + length(other)
    return length(own) / both if both else None
