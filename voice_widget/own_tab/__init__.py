"""A widget in a browser tab of its own: the links to it, and what goes there and comes from there.

The tab is one more page, as those that the notebook shows: what it says, `Receiver` takes. Its server is the
engine's process (`voice_widget.engine.http.tab_pages`). Nothing here knows what a message means.
"""
