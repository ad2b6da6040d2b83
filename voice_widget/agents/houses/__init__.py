"""Agents that were made with other packages, as functions of one `Turn`.

One module for each package, which imports it only where it is used, and the table by which an agent is known
for what it is. What all of them share, errors in words above all, belongs here too. No module here makes an
agent, and none knows a call.
"""
