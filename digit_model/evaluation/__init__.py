"""How well a recogniser does, set by set: ``python -m digit_model evaluate``.

:mod:`.sets` are what it is measured on, :mod:`.metrics` the figures of one set, :mod:`.report` the
tables for people, :mod:`.comparison` whether other weights are better.
"""
