"""The Realtime protocol, pure: no I/O, no clock, no thread. Time is an argument."""
