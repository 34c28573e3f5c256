"""Exchange with the Hugging Face Hub: download and upload weights, the Space and corrections.

The Hub's client is imported only if a Hub name is given: the default weights need no network.
"""
