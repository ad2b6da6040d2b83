"""What a service says went wrong, as people read it."""

from __future__ import annotations

import pytest

from voice_widget.engine.conversation.answers import DEAF, STAGES_LOST
from voice_widget.engine.stages.session import SHED, UNHEARD
from voice_widget.realtime.wire.problems import explain


@pytest.mark.parametrize(
    "error",
    [*({"code": "stage_failed", "message": text} for text in (SHED, UNHEARD)), STAGES_LOST, DEAF],
)
def test_what_to_do_is_said_once(error: dict[str, str]):
    told = explain(error)
    assert "say" in told["next_step"].lower()
    assert "say" not in told["message"].lower().replace("says", "")
    assert told["message"].endswith(".")
