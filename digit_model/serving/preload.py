"""What a process imports before workers are forked from it.

Without garbage collection: while libraries are imported it finds nothing, again and again. What is
there then is frozen, so that no collection looks at it later, nor the end of the process, which
would take a second for it.
"""

import gc

gc.disable()  # a worker enables it

import digit_model.recognizer  # noqa: E402
import digit_model.serving.timed  # noqa: E402, F401

gc.freeze()
