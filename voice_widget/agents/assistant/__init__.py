"""The notebook's own assistant: tables, questions, phrases, slots, plots and speaking.

It knows the contract of agents and nothing else of this package: no call, no thread and no engine.
"""
