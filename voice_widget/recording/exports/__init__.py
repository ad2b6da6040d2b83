"""A talk in other programs' formats, one module each: utterances in, text out.

Pure: nothing here opens a file, and nothing knows how a talk is kept or read.
"""
