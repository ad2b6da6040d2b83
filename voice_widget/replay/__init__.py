"""A recorded talk to look at and listen to: as a widget of its own with its own bundle, and as a figure.

It shows what records and analysis say, and never decides what events mean; it knows no call and no service.
"""
