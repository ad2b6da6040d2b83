"""What people ask of a table, in their words; the right answers by pandas; and the judge of what is said.

Nothing here knows the assistant: tables, questions, a judge that takes plain text and objects, and a fuzzer.
The grammar is written from `seen`; `heldout` and `fresh` are for counting only, not for its writer to read.
"""
