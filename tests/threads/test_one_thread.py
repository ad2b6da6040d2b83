"""Where there are no threads all takes its turn on one loop: in the same order, and nothing blocks."""

from __future__ import annotations

from tests.in_browser import in_browser


def test_what_is_put_into_a_lane_is_done_in_order_and_at_once_where_it_is_flushed() -> None:
    assert in_browser("""
        from voice_widget.threads.lane import lane
        turns, done = lane("a lane"), []
        turns.put(lambda: done.append((1, turns.here)))
        turns.put(lambda: done.append(turns.flush(1)))  # who is in it does not wait for itself
        put = list(done)
        await asyncio.sleep(0)
        turns.put(lambda: done.append(2))
        turns.flush(1)
        turns.put(lambda: done.append(3))
        turns.close()
        turns.put(lambda: done.append("too late"))
        await asyncio.sleep(0)
        return [put, done, turns.here, turns.waiting]
    """) == [[], [[1, True], True, 2, 3], False, 0]


def test_the_loop_is_the_one_there_is_and_nothing_waits_for_it() -> None:
    assert in_browser("""
        from voice_widget.threads import loop as loops
        async def later():
            return "later"
        return [
            loops.loop() is loops.servers_loop() is asyncio.get_running_loop(),
            loops.call(lambda: "called"),
            await loops.beside(lambda: "beside"),
            await asyncio.wrap_future(loops.submit(later())),
            loops.may_wait(),
        ]
    """) == [True, "called", "beside", "later", False]


def test_the_end_of_ones_own_loop_ends_what_was_begun_by_it_and_nothing_else() -> None:
    assert in_browser("""
        from voice_widget.threads.own_loop import OwnLoop
        own, other = OwnLoop("an agent"), asyncio.create_task(asyncio.sleep(0, "goes on"))
        begun = own.submit(asyncio.sleep(60))
        own.close()
        await asyncio.wait([asyncio.wrap_future(begun)])
        return [begun.cancelled(), await other, own.submit(asyncio.sleep(0)).cancelled()]
    """) == [True, "goes on", True]


def test_every_kind_of_function_streams_and_ends_when_nobody_takes_more() -> None:
    assert in_browser("""
        from contextlib import aclosing
        from voice_widget.errors import AgentError
        from voice_widget.threads.work import Work
        work, closed = Work(), []
        def plain(): return "plain"
        async def coroutine(): return "coroutine"
        def generator():
            try:
                for number in range(200): yield number
            finally:
                closed.append("generator")
        async def async_generator():
            try:
                for number in range(200): yield number
            finally:
                closed.append("async_generator")
        def fails(): return {}["tip"]
        def stream(function):
            return work.stream(function, cancelled=threading.Event())
        async def all_of(function):
            return [piece async for piece in stream(function)]
        async def first_of(function):
            async with aclosing(stream(function)) as pieces:
                async for piece in pieces:
                    return piece
        whole = [await all_of(plain), await all_of(coroutine), len(await all_of(generator))]
        first = [await first_of(generator), await first_of(async_generator)]
        while len(closed) < 3: await asyncio.sleep(0)
        try:
            await all_of(fails)
        except AgentError as error:
            whole.append(error.message)
        return [whole, first, closed]
    """) == [
        [["plain"], ["coroutine"], 200, "KeyError: 'tip'"],
        [0, 0],
        ["generator", "generator", "async_generator"],
    ]


def test_what_is_looked_at_again_and_again_ends_by_itself() -> None:
    assert (
        in_browser("""
        from voice_widget.threads.repeating import Repeating
        looks, owner, over = [], Null(), asyncio.Event()
        def look(owner):
            looks.append(1)
            if len(looks) == 3: over.set()
            return len(looks) < 3
        Repeating("looks", owner, look, every_s=0.001)
        await over.wait()
        return len(looks)
    """)
        == 3
    )
