"""What makes the weights: recipes, data sets of a cycle, augmentation, loss, checkpoints, export.

Serving imports nothing from here.
"""
