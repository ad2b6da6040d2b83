"""What is given for an agent of the Agents SDK, and what of it is refused."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from agents import Agent, function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession, realtime_handoff

from voice_widget import VoiceWidget
from voice_widget.agents import Hints, Turn
from voice_widget.agents.functions import hints_of
from voice_widget.agents.sdk.given import PRIVATE, SdkAgent, sdk_agent_of
from voice_widget.errors import AgentError, SettingError

AGENT: RealtimeAgent[Any] = RealtimeAgent("a", instructions="Be brief.")


class Derived(RealtimeAgent[Any]):
    """An agent of the user's own class."""


def given(agent: Any, **more: Any) -> SdkAgent | None:
    return sdk_agent_of(agent, **{"context": None, "llm": None, "run_config": None, **more})


def test_a_realtime_agent_is_known_also_by_its_derived_class() -> None:
    context = object()
    known = given(Derived("b"), context=context)
    assert known is not None
    assert (known.agent.name, known.context, known.llm, known.run_config) == ("b", context, None, {})
    assert given(known) is known


def test_anything_else_is_none_of_the_sdks() -> None:
    assert given(lambda turn: "Yes.") is None
    assert given(None) is None


@pytest.mark.parametrize(
    ("agent", "more", "sentence"),
    [
        (Agent("a"), {}, "The agent is the Agents SDK's Agent"),
        (RealtimeRunner(AGENT), {}, "SDK's RealtimeRunner"),
        (len, {"context": 1}, "`context` is for a RealtimeAgent"),
        (None, {"llm": len}, "`llm` is for a RealtimeAgent"),
        (len, {"approval_timeout_s": None}, "`approval_timeout_s` is for a RealtimeAgent"),
        (AGENT, {"llm": "gpt"}, "type str, which cannot be called"),
        (AGENT, {"run_config": "x"}, "`run_config` is a str"),
        (AGENT, {"run_config": {"model_settings": {}}}, "`run_config` cannot have 'model_settings'"),
    ],
)
def test_what_cannot_be_is_refused_by_a_sentence(agent: Any, more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence) as raised:
        given(agent, **more)
    assert raised.value.next_step


def test_how_long_somebody_may_take_to_allow_its_tools_is_held_to_a_time() -> None:
    with pytest.raises(SettingError, match="approval_timeout_s must be a number of seconds above 0"):
        VoiceWidget(agent=AGENT, llm=len, approval_timeout_s=0)
    for seconds in (600, None):
        with closing(VoiceWidget(agent=AGENT, llm=len, approval_timeout_s=seconds)) as widget:
            agent: Any = widget._wiring.arguments()["agent"]
            assert agent.approval_timeout_s == seconds


def test_what_it_and_those_it_hands_over_to_are_known_to_bring() -> None:
    def named(name: str, **options: Any) -> Any:
        return function_tool(name_override=name, **options)(lambda: "")

    tools = [named("cancel"), named("off", is_enabled=False), named("maybe", is_enabled=lambda *_: True)]
    desk: RealtimeAgent[Any] = RealtimeAgent("desk", tools=[named("book")])
    hidden: RealtimeAgent[Any] = RealtimeAgent("hidden", tools=[named("unknown")])
    first: RealtimeAgent[Any] = RealtimeAgent(
        "first", tools=tools, handoffs=[desk, realtime_handoff(hidden, tool_name_override="hand_over")]
    )
    desk.handoffs.append(first)  # and back again
    assert SdkAgent(first).own_tools() == {
        "cancel": "first",
        "transfer_to_desk": "first",
        "hand_over": "first",
        "book": "desk",
        "transfer_to_first": "desk",
    }


def test_its_model_says_what_to_expect() -> None:
    class Model:
        def __call__(self, turn: Turn) -> str:
            return "Yes."

        def hints(self) -> Hints:
            return Hints(words=("boat",))

        def examples(self) -> list[str]:
            return ["two seats"]

    agent = SdkAgent(AGENT, llm=Model())
    assert (hints_of(agent), agent.examples()) == (Hints(words=("boat",)), ["two seats"])
    assert (hints_of(SdkAgent(AGENT)), SdkAgent(AGENT).examples()) == (Hints(), None)


def test_asked_by_the_kernel_its_model_answers() -> None:
    assert SdkAgent(AGENT, llm=lambda turn: turn.text.upper())(Turn("yes")) == "YES"
    with pytest.raises(AgentError) as raised:
        SdkAgent(AGENT)(Turn("yes"))
    assert raised.value.code == "agent_without_model"


def test_another_sdk_is_refused_when_the_widget_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(self: Any, agent: Any) -> None:
        """It takes something else."""

    assert given(AGENT) is not None
    for name in PRIVATE:
        with monkeypatch.context() as patched:
            patched.delattr(RealtimeSession, name)
            with pytest.raises(AgentError, match=rf"RealtimeSession has no {name}\(") as raised:
                given(AGENT)
            assert (raised.value.code, "0.24" in raised.value.next_step) == (
                "agents_changed",
                True,
            )
            patched.setattr(RealtimeSession, name, other, raising=False)
            with pytest.raises(AgentError, match=name):
                VoiceWidget(agent=AGENT, llm=len)
