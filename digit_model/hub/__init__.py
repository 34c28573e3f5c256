"""The Hugging Face Hub: weights from it and to it, the Space, corrections.

Nothing here is imported unless a Hub name is given: the default weights need no network.
"""
