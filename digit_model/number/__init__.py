"""A picture with several digits → the number that they make.

These constants are between the network that finds digits (:mod:`digit_model.number_network`, which
imports torch) and what is made of its answers here.
"""

DIGIT_HEIGHT = 32  # pixels of ink: about what the network is trained on
OTHER = 10  # the class of what is no digit: letters, signs, scribbles
NO_DIGIT = 0.3  # probability of the other class above which a mark isn't read as a digit, …
NO_ONE = 0.75  # … or not as a 1: among digits, a bar is more often one than a sign
MOST_MARKS = 500  # in one picture: more of them are texture, and would take seconds
