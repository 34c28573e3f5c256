"""Exchange with the Hugging Face Hub: download and upload weights, the Space and corrections.

Nothing here is imported unless a Hub name is given: the default weights need no network.
"""
