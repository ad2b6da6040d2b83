"""From words to a typed plan over one table, or to a question back.

Nothing is computed here but which rows a name can mean.
"""
