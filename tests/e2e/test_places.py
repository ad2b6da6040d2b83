"""Where a notebook may be: in two tabs, two on one kernel, under a Hub's path, behind another server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.fronts import HEARD, IMPORTS, WIDGET, call, hang_up, heard_energy, is_answered, live, say_often
from tests.e2e.lab import WATCH, Lab, Notebook, wait_for
from tests.packages import needed

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

HUB = "/user/someone/"
TALK = [f"{IMPORTS}\nw = {WIDGET}", "w"]


@contextmanager
def tab(browser: Browser) -> Iterator[Page]:
    """A page in a browser of its own, which may use the microphone."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    page = context.new_page()
    page.add_init_script(WATCH)
    try:
        yield page
    finally:
        context.close()


def saved(notebook: Notebook) -> None:
    """Save it as it is now."""
    notebook.command("docmanager:save")
    path = notebook.lab.folder / notebook.name
    wait_for(lambda: "widget-view+json" in path.read_text(), seconds=20, what="the notebook is saved")


def test_in_two_tabs_one_holds_the_call_and_the_other_steers_it(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with tab(browser) as page, tab(browser) as second:
        notebook = Notebook(lab, page, lab.write("tabs.ipynb", TALK))
        other = Notebook(lab, second, notebook.name)
        try:
            notebook.open()
            notebook.run_all()
            saved(notebook)
            call(notebook.panel)
            is_answered(notebook.panel)
            other.open()
            expect(other.panel.get_by_text("held elsewhere")).to_be_visible(timeout=60_000)
            is_answered(other.panel)
            # It has no microphone and takes none, whatever one does there; it can mute the one that is open.
            other.panel.get_by_role("button", name="Mute").click()
            notebook.wait_value("w.muted")
            expect(notebook.panel.locator(".state")).to_have_text("Muted")
            field = other.panel.get_by_role("textbox")
            field.fill("typed there")
            field.press("Enter")
            for panel in (notebook.panel, other.panel):
                expect(panel.locator(".row").get_by_text("typed there", exact=True)).to_be_visible()
            assert (live(page), live(second)) == (1, 0)
            # Whoever hangs up there ends it here, and the microphone is let go of.
            other.panel.get_by_role("button", name="Hang up").click()
            wait_for(lambda: live(page) == 0, seconds=10, what="the first tab lets go of the microphone")
            expect(notebook.panel.locator(".state")).to_have_text("Call ended")
            assert notebook.value("w.error") is None
            assert notebook.problems + other.problems == []
        finally:
            notebook.close()


# The second notebook gets the kernel of the first, as by the menu of kernels.
SHARE = """async (id) => {
  await jupyterapp.shell.currentWidget.sessionContext.changeKernel({ id });
}"""


def test_two_notebooks_on_one_kernel_have_a_talk_each(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with tab(browser) as page, tab(browser) as second:
        one = Notebook(lab, page, lab.write("one.ipynb", TALK))
        own = [cell.replace("w = ", "other = ") for cell in TALK[:1]]
        two = Notebook(lab, second, lab.write("two.ipynb", [*own, "other"]))
        try:
            one.open()
            one.run_all()
            two.open()
            second.evaluate(SHARE, one.kernel_id)
            two.run_all()
            assert one.value("[w is not other, w.model_id != other.model_id]") == [True, True]
            call(one.panel)
            is_answered(one.panel)
            expect(two.panel.locator(".state")).to_have_text("Ready")
            call(two.panel)
            is_answered(two.panel)
            assert (live(page), live(second)) == (1, 1)
            said = one.value("[[row['item_id'] for row in t.transcript] for t in (w, other)]")
            assert all(said)
            assert not set(said[0]) & set(said[1])
            hang_up(page, one.panel)
            assert live(second) == 1
            assert one.value("other.connection_state") == "connected"
            hang_up(second, two.panel)
            assert one.problems + two.problems == []
        finally:
            one.close()


def test_under_the_path_of_a_hub_and_behind_its_proxy(
    browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    """A JupyterLab of its own under a person's path, and behind that, by jupyter-server-proxy, another."""
    needed("jupyter_server_proxy")
    say_often(microphone, tmp_path)
    (outer_folder := tmp_path / "outer").mkdir()
    (inner_folder := tmp_path / "inner").mkdir()
    outer = Lab(outer_folder, base=HUB)
    # The outer one asks who it is.
    inner = Lab(
        inner_folder,
        base=f"{HUB}proxy/absolute/{{port}}/",
        options=["--IdentityProvider.cookie_name=inner", "--ServerApp.disable_check_xsrf=True"],
    )
    try:
        with tab(browser) as page:
            talks(Notebook(outer, page, outer.write("hub.ipynb", TALK)))
            talks(Behind(outer, Notebook(inner, page, inner.write("behind.ipynb", TALK))))
    finally:
        inner.close()
        outer.close()


class Behind(Notebook):
    """A notebook whose server is reached by way of another one."""

    def __init__(self, outer: Lab, notebook: Notebook) -> None:
        super().__init__(notebook.lab, notebook.page, notebook.name)
        self.page.goto("about:blank")
        self.outer = outer

    def address(self, host: str) -> str:
        return super().address(host).replace(f":{self.lab.port}/", f":{self.outer.port}/", 1)


def talks(notebook: Notebook) -> None:
    """A spoken call in it."""
    try:
        notebook.open()
        notebook.run_all()
        call(notebook.panel)
        is_answered(notebook.panel)
        assert heard_energy(notebook.page) > 0
        hang_up(notebook.page, notebook.panel)
        assert notebook.value("w.transcript[0]['text']") == HEARD[0]
        assert notebook.problems == []
    finally:
        notebook.close()
