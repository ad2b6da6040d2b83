"""The commands of ``python -m voice_widget``.

They read options, put together what stands elsewhere and print. Nothing imports them.
"""
