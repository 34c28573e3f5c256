"""``python -m digit_model``: recognise pictures, evaluate the weights, upload them.

Each module has one or more subcommands ("verbs"): ``add_verbs`` adds them to the parser.
"""
