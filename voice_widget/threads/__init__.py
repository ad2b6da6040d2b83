"""The threads of the kernel's side: the loop, the work of users' code, and the publisher.

No other folder of the kernel's side starts a thread, or hands work to one in another way. What runs on one
does not belong here.
"""
