from __future__ import annotations

from typing import Any

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.services.users import hold, let_go


class Counted(ScriptedService):
    closings = 0

    async def close(self) -> None:
        self.closings += 1
        await super().close()


def test_the_last_widget_of_a_service_lets_it_go(pages: list[Page]) -> None:  # noqa: F811
    service = Counted([{"hear": "hello", "say": "Hello to you."}])
    first, second = (VoiceWidget(service=service, transport="memory") for _ in range(2))
    first.close()
    first.close()
    assert service.closings == 0
    second.close()
    assert service.closings == 1
    third = VoiceWidget(service=service, transport="memory")  # and it can be used again
    answer = third.next_turn("assistant")
    third.connect().result(20)
    assert answer.result(20)["text"] == "Hello to you."
    third.close()
    assert service.closings == 2


def test_services_are_told_apart_by_what_they_are_and_not_by_what_they_equal() -> None:
    class Same:
        __hash__: Any = None

        def __eq__(self, other: object) -> bool:
            return True

    one, other = Same(), Same()
    hold(one)
    hold(other)
    assert let_go(one)
    hold(other)
    assert not let_go(other)
    assert let_go(other)
