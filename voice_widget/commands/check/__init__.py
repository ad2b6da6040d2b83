"""``python -m voice_widget check URL``: where a Realtime server deviates from the protocol.

What was seen becomes a record (``record``). Rules are pure functions of a record (``rules``), and what they
find has a name, a severity and a sentence about what a client loses by it (``findings``). ``probes`` says
what is tried, ``lines`` and ``peer`` how the server is reached, ``report`` how it is told. The protocol is
described in ``realtime`` and by the types of the ``openai`` package, not here.
"""
