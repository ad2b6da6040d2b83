"""What becomes a data frame: event log, transcript and metrics.

They read records only; nothing here knows a widget, a call or a service.
"""
