"""Where a training of one or several steps is, and the time that is left of all of it."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """What is known of a step before it begins.

    Attributes:
        name: "" if it is the only one.
        recipe: steps of the same recipe have epochs of the same length.
        epochs: all of them.
        seconds: what an epoch takes on two cores; 0 if nobody has measured it.
    """

    name: str
    recipe: str
    epochs: int
    seconds: float = 0.0


class Progress:
    """Estimates the time that is left from the epochs so far.

    An epoch of a recipe takes the mean of what its epochs took. One of a recipe that hasn't begun
    takes ``Step.seconds``, as many times longer or shorter as the measured ones took.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.number = 0  # of the current step
        self.done = 0  # epochs of it
        self._measured: dict[str, list[float]] = {}  # seconds of each epoch, by recipe

    def begin(self, number: int) -> None:
        """The step with this number, from 0, begins; those before it are finished."""
        self.number, self.done = number, 0

    def add_epoch(self, seconds: float) -> None:
        """An epoch of the current step is finished."""
        self.done += 1
        self._measured.setdefault(self.steps[self.number].recipe, []).append(seconds)

    @property
    def place(self) -> str:
        """Such as "step 2 of 7, seed-0, "; of one step, ""."""
        if len(self.steps) == 1:
            return ""
        return f"step {self.number + 1} of {len(self.steps)}, {self.steps[self.number].name}, "

    def seconds_left(self) -> float:
        """Of the current step and of those after it."""
        current, *later = self.steps[self.number :]
        left = (current.epochs - self.done) * self._seconds(current)
        return left + sum(step.epochs * self._seconds(step) for step in later)

    def time_left(self) -> str:
        """The same in words, such as "2 h 05 min left"; "" as long as nothing is known of it."""
        if not self._measured and not any(step.seconds for step in self.steps):
            return ""
        minutes = round(self.seconds_left() / 60)
        if minutes < 1:
            return "less than a minute left"
        return (
            f"{minutes // 60} h {minutes % 60:02} min left"
            if minutes >= 60
            else f"{minutes} min left"
        )

    def _seconds(self, step: Step) -> float:
        """Of an epoch."""
        if step.recipe in self._measured:
            return statistics.mean(self._measured[step.recipe])
        planned = {other.recipe: other.seconds for other in self.steps}
        expected = sum(planned[recipe] * len(taken) for recipe, taken in self._measured.items())
        taken = sum(map(sum, self._measured.values()))
        return step.seconds * (taken / expected if expected else 1.0)
