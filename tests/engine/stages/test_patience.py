import pytest

from voice_widget.engine.stages.patience import Patience


@pytest.mark.parametrize("phrase", ["how many rows", "How many rows?"])
@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("how many rows", 300.0),
        ("How many rows?", 300.0),
        ("How many,", 500.0),
        ("What is the average by...", 900.0),
        ("", 500.0),
    ],
)
def test_a_sentence_is_known_whether_or_not_a_recogniser_writes_signs(phrase: str, text: str, ms: float):
    patience = Patience({"type": "semantic_vad"}, [phrase])
    patience.understood(1, text)
    assert patience.ms(1) == ms
