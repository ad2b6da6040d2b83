from __future__ import annotations

import queue
import time
from types import SimpleNamespace
from typing import Any

import pytest
from ipykernel.comm.comm import BaseComm
from ipykernel.kernelbase import Kernel
from jupyter_client.manager import KernelManager

from voice_widget.page import routing
from voice_widget.page.routing import keep_page_routing, page_waits_for_the_cell
from voice_widget.widget.traits import KernelWidget

MAIN_SHELL = None


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch):
    """A kernel in which the main shell is running a cell."""
    fake = SimpleNamespace(
        session=SimpleNamespace(send=lambda *args, **keys: None),
        iopub_socket=None,
        get_parent=lambda: {"header": {"subshell_id": MAIN_SHELL}},
    )
    monkeypatch.setattr(Kernel, "initialized", classmethod(lambda cls: True))
    monkeypatch.setattr(Kernel, "instance", classmethod(lambda cls: fake))
    return fake


def comm() -> Any:
    # What `comm.create_comm` makes in a kernel.
    return BaseComm(target_name="jupyter.widget", primary=False)


def way_of_the_page(made: Any) -> Any:
    """Where ipykernel sends a message that the page has addressed to its subshell."""
    route = getattr(made, "_reply_subshell_for", None)
    return "the page's subshell" if route is None else route({"method": "custom"}, "the page's subshell")


@pytest.mark.usefixtures("kernel")
def test_a_send_takes_the_pages_messages_to_the_main_shell_without_us():
    made = comm()
    made.send({})
    if not hasattr(BaseComm, "_reply_subshell_for"):
        pytest.skip("this ipykernel does not route replies")
    assert way_of_the_page(made) is MAIN_SHELL


@pytest.mark.usefixtures("kernel")
def test_with_us_they_go_the_way_that_the_page_chose():
    made = comm()
    made.send({})
    keep_page_routing(made)
    assert way_of_the_page(made) == "the page's subshell"
    made.send({})
    assert way_of_the_page(made) == "the page's subshell"


@pytest.mark.usefixtures("kernel")
def test_a_widget_needs_it_once_when_its_comm_opens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("comm.create_comm", BaseComm)
    widget = KernelWidget()
    try:
        assert type(widget.comm) is BaseComm
        assert way_of_the_page(widget.comm) == "the page's subshell"
        monkeypatch.setattr("voice_widget.widget.traits.keep_page_routing", lambda comm: pytest.fail("again"))
        widget.comm.send({})  # not by way of the widget
        widget.send({})
        assert way_of_the_page(widget.comm) == "the page's subshell"
    finally:
        widget.close()


def test_comms_of_other_kernels_are_left_alone():
    class Slots:
        __slots__ = ()

    plain = SimpleNamespace()
    for made in (None, Slots(), plain):
        keep_page_routing(made)
    assert vars(plain) == {}


@pytest.mark.parametrize(
    ("supported", "subshells", "last_on_main", "waits"),
    [(False, [], False, True), (True, [], True, True), (True, ["a"], True, False), (True, [], False, False)],
)
def test_whether_the_page_waits_for_the_cell(
    kernel: Any, supported: bool, subshells: list[str], last_on_main: bool, waits: bool
):
    kernel._supports_kernel_subshells = supported
    kernel.shell_channel_thread = SimpleNamespace(manager=SimpleNamespace(list_subshell=lambda: subshells))
    assert (page_waits_for_the_cell(last_on_main) is not None) is waits


def test_without_a_kernel_nothing_waits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Kernel, "initialized", classmethod(lambda cls: False))
    assert page_waits_for_the_cell(True) is None
    monkeypatch.setattr(routing.sys, "modules", {})
    assert page_waits_for_the_cell(True) is None


# --- a real kernel, a real subshell, a cell that is busy ---

MAKE = """
import threading, time
from voice_widget import ScriptedService, VoiceWidget
handled = []
class Widget(VoiceWidget):
    def _handle_custom_msg(self, content, buffers):
        handled.append((content, threading.current_thread().name))
        super()._handle_custom_msg(content, buffers)
w = Widget(service=ScriptedService([{"hear": "hello", "say": "Hello to you."}]), transport="memory")
print(w.model_id)
"""
SENDS = {
    "after a send from the publisher": (
        "w._wiring.publisher.send({'type': 'beat'}); w._wiring.publisher.flush()"
    ),
    "after a trait set in a cell": "w.voice = 'two'; w.tooltip = 'mine'",
    "after a send from a cell": "w.send({'hello': 1})",
}
BUSY = """
{send}
before = len(handled)
print("busy", flush=True)
until = time.monotonic() + {seconds}
while time.monotonic() < until and len(handled) < before + {count}:
    pass
print(len(handled) - before, {{name.split('-')[0] for _, name in handled[before:]}})
"""

PLOTS = """
%matplotlib inline
import matplotlib.pyplot as plt
before = len(handled)
plt.plot([1, 2])
print("busy", flush=True)
until = time.monotonic() + 20
while time.monotonic() < until and len(handled) < before + 5:
    pass
print(len(handled) - before, plt.get_fignums())
"""


class Client:
    def __init__(self, manager: KernelManager) -> None:
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def start(self, code: str) -> str:
        return str(self.client.execute(code))

    def printed(self, request: str, seconds: float = 60) -> str:
        text, deadline = "", time.monotonic() + seconds
        while True:
            message = self.client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "stream":
                text += message["content"]["text"]
            elif message["msg_type"] == "error":
                raise AssertionError("\n".join(message["content"]["traceback"]))
            elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return text

    def busy(self, request: str) -> None:
        """Wait until that cell has sent and is busy."""
        text = ""
        while "busy\n" not in text:
            message = self.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == request and message["msg_type"] == "stream":
                text += message["content"]["text"]

    def subshell(self) -> str:
        request = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(request)
        while True:
            try:
                reply = self.client.get_control_msg(timeout=30)
            except queue.Empty as error:
                raise AssertionError("no subshell") from error
            if reply["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                return str(reply["content"]["subshell_id"])

    def says(self, comm_id: str, subshell: str, content: Any) -> None:
        message = self.client.session.msg(
            "comm_msg", {"comm_id": comm_id, "data": {"method": "custom", "content": content}}
        )
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)


@pytest.fixture(scope="module")
def client():
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    made = Client(manager)
    yield made
    made.client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def test_messages_are_handled_while_a_cell_runs(client: Client):
    info = client.client.kernel_info(reply=True, timeout=30)
    if "kernel subshells" not in info["content"].get("supported_features", []):
        pytest.skip("this ipykernel has no subshells")
    comm_id = client.printed(client.start(MAKE)).strip()
    subshell = client.subshell()
    for when, send in SENDS.items():
        request = client.start(BUSY.format(send=send, seconds=20, count=10))
        client.busy(request)
        for n in range(10):
            client.says(comm_id, subshell, {"type": "hello", "page": f"p{n}"})
        count, threads = client.printed(request).split(" ", 1)
        assert int(count) == 10, when
        assert threads.strip() == "{'subshell'}", when


def test_a_message_of_the_page_takes_no_figure_from_the_cell_that_draws_it(client: Client):
    comm_id = client.printed(client.start(MAKE)).strip()
    subshell = client.subshell()
    request = client.start(PLOTS)
    client.busy(request)
    for n in range(5):
        client.says(comm_id, subshell, {"type": "hello", "page": f"p{n}"})
    assert client.printed(request).strip() == "5 [1]"
