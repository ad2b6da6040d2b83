"""The stage process is kept alive."""

import asyncio

import pytest

from tests.engine.caller import PATIENCE
from voice_widget.engine.stages import client as stage_client
from voice_widget.engine.stages import keeper as keepers
from voice_widget.engine.stages.client import StageClient
from voice_widget.engine.stages.events import StageReport
from voice_widget.engine.stages.keeper import StageKeeper
from voice_widget.errors import EngineError
from voice_widget.realtime.settings.parts import StageSpec
from voice_widget.services import engine_child


class Client(StageClient):
    """Starts as it is told to."""

    def __init__(self, *results: StageReport | EngineError) -> None:
        super().__init__(StageSpec())
        self.results = list(results)
        self.closed = False

    async def start(self) -> StageReport:
        result = self.results.pop(0)
        if isinstance(result, EngineError):
            raise result
        return result

    async def close(self) -> None:
        self.closed = True


class User:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.back = asyncio.Event()

    def stages_lost(self) -> None:
        self.told.append("lost")

    def stages_back(self) -> None:
        self.told.append("back")
        self.back.set()


REPORT = StageReport(("a",), {})


async def settled(keeper: StageKeeper) -> None:
    async with asyncio.timeout(PATIENCE):
        await keeper.settled.wait()


async def test_it_warms_the_stages_once():
    keeper = StageKeeper(StageSpec(), Client(REPORT))
    keeper.start()
    keeper.start()
    await settled(keeper)
    assert keeper.warm
    assert keeper.report is REPORT
    assert keeper.starts == 1
    await keeper.close()


async def test_a_dead_process_is_replaced_and_its_users_are_told():
    client = Client(REPORT, StageReport(("b",), {}))
    keeper, user, gone = StageKeeper(StageSpec(), client), User(), User()
    keeper.start()
    await settled(keeper)
    keeper.enter(user)
    keeper.enter(gone)
    keeper.leave(gone)
    client.on_death()
    assert not keeper.warm
    assert user.told == ["lost"]
    async with asyncio.timeout(PATIENCE):
        await user.back.wait()
    assert user.told == ["lost", "back"]
    assert gone.told == []
    assert keeper.report.voices == ("b",)
    await keeper.close()


@pytest.mark.parametrize(("steady", "waits"), [(10.0, [0.0, 0.1, 0.2, 0.2]), (0.0, [0.0, 0.0, 0.0, 0.0])])
async def test_a_process_that_dies_right_after_its_start_is_not_started_in_a_hurry(
    monkeypatch, steady, waits
):
    monkeypatch.setattr(keepers, "RETRY_SECONDS", (0.0, 0.1, 0.2))
    monkeypatch.setattr(keepers, "STEADY_SECONDS", steady)
    waited: list[float] = []
    sleep = asyncio.sleep

    async def slept(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr(keepers.asyncio, "sleep", slept)
    client = Client(*[REPORT] * 4)
    keeper, user = StageKeeper(StageSpec(), client), User()
    keeper.start()
    await settled(keeper)
    keeper.enter(user)
    for _ in range(3):
        user.back.clear()
        client.on_death()
        async with asyncio.timeout(PATIENCE):
            await user.back.wait()
    assert waited == waits
    await keeper.close()


def test_a_start_is_given_up_before_who_waits_for_the_engine_gives_up_on_it():
    assert stage_client._START_S <= engine_child.WARM_S - 15


async def test_stages_that_do_not_start_are_tried_again_and_what_is_missing_is_said(monkeypatch, caplog):
    monkeypatch.setattr(keepers, "RETRY_SECONDS", (0.0, 0.01))
    client = Client(EngineError("No such thing."), EngineError("No such thing."), REPORT)
    keeper, user = StageKeeper(StageSpec(), client), User()
    keeper.enter(user)
    keeper.start()
    await settled(keeper)
    assert not keeper.warm
    assert keeper.report.missing == {"stt": "No such thing.", "tts": "No such thing."}
    async with asyncio.timeout(PATIENCE):
        await user.back.wait()
    assert keeper.report is REPORT
    assert "No such thing." in caplog.text
    await keeper.close()


@pytest.mark.parametrize("moment", ["starting", "warm"])
async def test_a_closed_keeper_starts_nothing_more(moment):
    client = Client(REPORT)
    keeper = StageKeeper(StageSpec(), client)
    keeper.start()
    if moment == "warm":
        await settled(keeper)
    await keeper.close()
    client.on_death()
    keeper.start()
    assert client.closed
    assert keeper.starts <= 1
    assert keeper._starting is None or keeper._starting.done()
