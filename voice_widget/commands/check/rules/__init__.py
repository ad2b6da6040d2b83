"""The rules: pure functions from a record to what deviates in it.

Each module looks at one matter: ``events`` at each event by itself, ``session`` at settings, ``answers`` at
the steps of responses, ``sound`` at their audio, ``speech`` at spoken turns, ``errors`` at refusals. What did
not come at all is said by those who waited for it (`Lack`).
"""
