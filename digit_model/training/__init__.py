"""Training: recipes, training sets, augmentation, loss, optimizers, checkpoints, export.

Serving doesn't import this package.
"""
