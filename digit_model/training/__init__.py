"""What makes the weights: pen strokes and their renderer, data sets, augmentation, figures.

Serving imports nothing from here.
"""
