"""What a link shows of itself."""

from voice_widget.own_tab.link import TabLink


def test_the_code_stands_behind_the_hash_which_no_server_is_sent():
    link = TabLink("http://127.0.0.1:5000", "the-code", 5000, 60)
    assert str(link) == link.url == "http://127.0.0.1:5000/tab/#the-code"


def test_a_cell_shows_a_link_and_a_log_does_not():
    link = TabLink('http://x.org"><script>', "the-code", 5000, 60)
    assert 'href="http://x.org&quot;&gt;&lt;script&gt;/tab/#the-code"' in link._repr_html_()
    assert "the-code" not in repr(link)


def test_for_a_kernel_elsewhere_it_has_the_line_unless_a_tunnel_was_named():
    line = "ssh -L 5000:127.0.0.1:5000 user@that-computer"
    assert line in TabLink("http://127.0.0.1:5000", "c", 5000, 60)._repr_html_()
    assert "ssh" not in TabLink("https://tunnel.example.org", "c", 5000, 60)._repr_html_()


def test_it_can_be_opened_where_the_kernel_runs(monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open_new_tab", lambda url: opened.append(url) or True)
    assert TabLink("http://127.0.0.1:5000", "c", 5000, 60).open() is True
    assert opened == ["http://127.0.0.1:5000/tab/#c"]
