"""What would make it a 9? The least ink to add or to rub out so that another digit is read.

A counterfactual explanation (Wachter, Mittelstadt and Russell, 2017) in pen strokes: a person can
draw them. The search (:mod:`.search`) works on the 28×28 digit and says what it found in strokes
(:mod:`.strokes`); :mod:`.picture` draws these into the picture. The recogniser then reads that
picture, so nothing is told that it wouldn't answer.
"""

MOST_CHANGED = 0.4  # ink added and rubbed out, as a fraction of the digit's: more isn't small
