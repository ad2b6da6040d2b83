"""What our engine sends otherwise than the captured sessions, and why: all of it, and nothing else."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple


class Difference(NamedTuple):
    """Lines of `tests.engine.captured.differences` (``-``: only they send it, ``+``: only we)."""

    tapes: str
    """The names of the tapes in which they are found, where what they are about occurs; several patterns."""
    reason: str
    lines: str


ALLOWED = [
    Difference(
        "openai* azure_ws*",
        "Padding against guessing a text from the sizes of its pieces on a network; clients pass it over, "
        "and the loopback has nobody to guess.",
        """
        - response.output_audio_transcript.delta .obfuscation
        - response.output_text.delta .obfuscation
        - response.function_call_arguments.delta .obfuscation
        """,
    ),
    Difference(
        "openai* azure_ws*",
        "When each word sounds: the widget marks spoken words by it. Other clients pass it over.",
        """
        + response.output_audio_transcript.delta .audio_start_ms
        + response.output_audio_transcript.delta .audio_end_ms
        + output_audio_buffer.started .audio_ms
        + output_audio_buffer.stopped .audio_ms
        """,
    ),
    Difference(
        "openai* azure_ws*",
        "Null there. Ours shows of `transcription` what it was given, as it takes more than their fields.",
        """
        - session.updated .session.audio.input.transcription.language
        - session.updated .session.audio.input.transcription.prompt
        """,
    ),
    Difference(
        "openai_spoken_turns openai_ws__audio* openai_ws__input_audio* azure_ws__audio*",
        "What is understood so far changes until it is final here; a delta cannot be taken back. The kernel "
        "alone is told, by an event of our own.",
        "- conversation.item.input_audio_transcription.delta after nothing",
    ),
    Difference(
        "openai_spoken_turns openai_ws__input_audio*",
        "The same, of each later question.",
        """
        - conversation.item.input_audio_transcription.delta after
            conversation.item.input_audio_transcription.completed
        """,
    ),
    Difference(
        "azure_ws*",
        "Azure says the part twice, by two names. OpenAI does not; nor do we.",
        """
        - response.content_part.added .content
        - response.content_part.done .content
        """,
    ),
    Difference(
        "azure_voice_live*",
        "Voice Live's own settings and measures; our older dialect has no names for them.",
        """
        - response.created .response.temperature
        - response.created .response.voice.name
        - response.created .response.voice.type
        - response.done .response.temperature
        - response.done .response.usage.output_token_details.reasoning_tokens
        - response.done .response.voice.name
        - response.done .response.voice.type
        - session.created .session.animation
        - session.created .session.avatar
        - session.created .session.input_audio_echo_cancellation
        - session.created .session.input_audio_sampling_rate
        - session.created .session.output_audio_timestamp_types
        - session.created .session.truncation_strategy
        - session.created .session.turn_detection.appended_text_after_truncation
        - session.created .session.turn_detection.auto_truncate
        - session.created .session.turn_detection.end_of_utterance_detection
        - session.created .session.turn_detection.speech_duration_ms
        - session.created .session.voice.name
        - session.created .session.voice.type
        - session.updated .session.animation
        - session.updated .session.avatar
        - session.updated .session.input_audio_echo_cancellation
        - session.updated .session.input_audio_transcription.custom_speech
        - session.updated .session.input_audio_transcription.language
        - session.updated .session.input_audio_transcription.phrase_list
        - session.updated .session.input_audio_transcription.prompt
        - session.updated .session.output_audio_timestamp_types
        - session.updated .session.truncation_strategy
        - session.updated .session.turn_detection.appended_text_after_truncation
        - session.updated .session.turn_detection.auto_truncate
        - session.updated .session.turn_detection.end_of_utterance_detection
        - session.updated .session.turn_detection.speech_duration_ms
        - session.updated .session.voice.name
        - session.updated .session.voice.type
        """,
    ),
    Difference(
        "azure_voice_live*",
        "Came with general availability, or always goes: validators of the older events refuse the one and "
        "pass the other over.",
        """
        - response.function_call_arguments.done .name
        - session.created .session.turn_detection.idle_timeout_ms
        - session.updated .session.turn_detection.idle_timeout_ms
        + session.created .session.prompt
        + session.created .session.speed
        + session.created .session.tracing
        + session.created .session.truncation
        + session.updated .session.prompt
        + session.updated .session.speed
        + session.updated .session.tracing
        + session.updated .session.truncation
        """,
    ),
    Difference(
        "azure_voice_live*",
        "A constant that OpenAI and Azure have left out since; validators take an item without it.",
        """
        - conversation.item.created[assistant] .item.object
        - conversation.item.created[function_call] .item.object
        - conversation.item.created[function_call_output] .item.object
        - conversation.item.created[user] .item.object
        - response.done .response.output.object
        - response.output_item.added[assistant] .item.object
        - response.output_item.added[function_call] .item.object
        - response.output_item.done[assistant] .item.object
        - response.output_item.done[function_call] .item.object
        """,
    ),
    Difference(
        "xai*",
        "xAI's order, which no other service has: a user's item comes while the user speaks, a text after "
        "its sound, the end of a sound after the end of its part. Clients have to cope with it.",
        """
        + conversation.item.added after input_audio_buffer.committed
        + conversation.item.done after conversation.item.added
        + conversation.item.done after response.content_part.done
        + response.output_audio.done after response.output_audio.delta
        + response.output_audio_transcript.delta after response.content_part.added
        - conversation.created after session.created
        - conversation.item.added after input_audio_buffer.speech_started
        - conversation.item.input_audio_transcription.completed after
            conversation.item.input_audio_transcription.completed
        - conversation.item.input_audio_transcription.completed after
            conversation.item.input_audio_transcription.updated
        - conversation.item.input_audio_transcription.updated after
            conversation.item.input_audio_transcription.completed
        - conversation.item.input_audio_transcription.updated after nothing
        - ping after conversation.created
        - response.output_audio.done after response.content_part.done
        - response.output_audio_transcript.delta after response.output_audio.delta
        """,
    ),
    Difference(
        "xai*",
        "xAI's own fields.",
        """
        - conversation.item.added[assistant] .item.object
        - conversation.item.added[user] .item.object
        - conversation.item.input_audio_transcription.completed .previous_item_id
        - conversation.item.input_audio_transcription.completed .status
        - input_audio_buffer.speech_started .previous_item_id
        - input_audio_buffer.speech_stopped .previous_item_id
        - response.content_part.added .previous_item_id
        - response.content_part.done .previous_item_id
        - response.created .previous_item_id
        - response.done .previous_item_id
        - response.done .response.output.object
        - response.done .response_id
        - response.done .usage
        - response.output_audio.delta .audio_duration_ms
        - response.output_audio.delta .latency
        - response.output_audio.delta .previous_item_id
        - response.output_audio.delta .rid
        - response.output_audio.delta .ts
        - response.output_audio.done .previous_item_id
        - response.output_audio_transcript.delta .previous_item_id
        - response.output_audio_transcript.delta .rid
        - response.output_audio_transcript.delta .start_time
        - response.output_audio_transcript.done .previous_item_id
        - response.output_item.added[assistant] .item.object
        - response.output_item.added[assistant] .previous_item_id
        - response.output_item.done[assistant] .item.object
        - response.output_item.done[assistant] .previous_item_id
        - session.created .session.modalities
        - session.created .session.turn_detection
        - session.created .session.voice
        - session.updated .previous_item_id
        - session.updated .session.audio.input.transport
        - session.updated .session.audio.output.transport
        - session.updated .session.enable_noise_suppression
        - session.updated .session.enable_phonetic_spelling
        - session.updated .session.input_audio_format
        - session.updated .session.input_audio_transcription
        - session.updated .session.keep_context
        - session.updated .session.max_response_output_tokens
        - session.updated .session.modalities
        - session.updated .session.output_audio_format
        - session.updated .session.temperature
        - session.updated .session.turn_detection
        """,
    ),
    Difference(
        "xai*",
        "What OpenAI and Azure send, and xAI leaves out.",
        """
        + conversation.item.input_audio_transcription.completed .usage
        + response.content_part.done .part
        + response.created .response.audio
        + response.created .response.conversation_id
        + response.created .response.max_output_tokens
        + response.created .response.metadata
        + response.created .response.output_modalities
        + response.done .response.audio
        + response.done .response.conversation_id
        + response.done .response.max_output_tokens
        + response.done .response.metadata
        + response.done .response.output_modalities
        + response.output_item.added[assistant] .item.content
        + response.output_item.done[assistant] .item.content
        + session.created .session.audio
        + session.created .session.expires_at
        + session.created .session.include
        + session.created .session.max_output_tokens
        + session.created .session.output_modalities
        + session.created .session.prompt
        + session.created .session.tool_choice
        + session.created .session.tracing
        + session.created .session.truncation
        + session.created .session.type
        + session.updated .session.audio.input.noise_reduction
        + session.updated .session.audio.input.turn_detection
        + session.updated .session.audio.output.speed
        + session.updated .session.audio.output.voice
        + session.updated .session.expires_at
        + session.updated .session.id
        + session.updated .session.include
        + session.updated .session.max_output_tokens
        + session.updated .session.object
        + session.updated .session.output_modalities
        + session.updated .session.prompt
        + session.updated .session.tools
        + session.updated .session.tracing
        + session.updated .session.truncation
        + session.updated .session.type
        """,
    ),
    Difference(
        "xai*",
        "When each word sounds, as above.",
        """
        + response.output_audio_transcript.delta .audio_end_ms
        + response.output_audio_transcript.delta .audio_start_ms
        """,
    ),
]


def allowed(tape: str, kinds: set[str]) -> set[str]:
    """The lines that must be found in a tape; ``kinds`` are the events in what we sent or should have."""
    found = set()
    for difference in ALLOWED:
        if any(fnmatchcase(tape, pattern) for pattern in difference.tapes.split()):
            found |= {line for line in lines_of(difference) if line.split()[1].partition("[")[0] in kinds}
    return found


def lines_of(difference: Difference) -> list[str]:
    """Its lines; one that is too long goes on in the next."""
    lines: list[str] = []
    for raw in difference.lines.strip().splitlines():
        line = raw.strip()
        if line.startswith(("- ", "+ ")):
            lines.append(line)
        else:
            lines[-1] += f" {line}"
    return lines
