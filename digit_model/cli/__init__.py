"""``python -m digit_model``: recognise pictures, measure the weights, publish them.

A module for each group of verbs, which adds them to the parser and carries them out.
"""
