"""What facts of a page, the kernel and the installation mean for a connection, and the way out in words.

Pure but for `versions`, which looks at what is installed. Who collects the facts, and who shows what
they mean, does not belong here.
"""
