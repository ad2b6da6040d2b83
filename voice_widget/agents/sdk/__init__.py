"""Agents of the OpenAI Agents SDK: a ``RealtimeAgent`` of the user's, run by the SDK's own runner.

The SDK's session runs its tools, handoffs, guardrails, approvals and MCP servers. Its model, here, is the
talk: what the call hears, by sideband, relay or socket, is told to the session as the SDK words it, and
what the session wants said goes out by the call's own outbox. So there is one connection and one truth in
every transport. Of the session's settings only the instructions, the tools, the handoffs and the prompt are
taken: voice, turns, transcription and model are the widget's. What a tool gave is answered by the talk's one
driver of tools, together with what else its response called. Interrupting is the call's: on webrtc what is
buffered is dropped and the service truncates by itself. A session lasts from Call to the end of the talk's
run: a call that is lost and got back goes on with it.

The session has a loop and a thread of its own (`threads.own_loop`): tools, hooks and guardrails are the
user's code and may block, and the loop of all calls must not. No call is known here, and nothing but
`given` may be imported without the SDK.
"""
