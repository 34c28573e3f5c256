"""Evaluation of a recogniser: ``python -m digit_model evaluate``.

:mod:`.sets` loads the data, :mod:`.metrics` has the metrics of one set, :mod:`.report` the tables,
:mod:`.figures` the plots, :mod:`.model_card` what is written of it all; :mod:`.comparison` tests
whether other weights are better.
"""
