"""What would make it a 9? The least ink to add or to rub out so that another digit is read.

A counterfactual explanation (Wachter, Mittelstadt and Russell, 2017) in pen strokes: a person can
draw them. The search (:mod:`.search`) works on the 28×28 digit and says what it found in strokes
(:mod:`.strokes`); :mod:`.picture` draws these into the picture. The recogniser then reads that
picture, so nothing is told that it wouldn't answer.
"""

# Ink added and rubbed out, as a fraction of the digit's: with more it would be written anew. The
# bar that makes a 7 of a 1 is nearly so much.
MOST_CHANGED = 0.5
