"""Hand coding: a scheme of codes, the labels that people gave by it, and how far coders agree.

Labels are records beside a talk. Nothing here shows them, and no label changes what was recorded.
"""
