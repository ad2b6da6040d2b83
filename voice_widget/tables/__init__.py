"""What becomes a data frame: the event log, what is written down beside it, the schema, and the tables.

They read records only; nothing here knows a widget, a call or a service.
"""
