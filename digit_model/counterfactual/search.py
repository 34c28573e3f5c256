"""The search for the least strokes that make another digit of one: a beam search.

One stroke is added to the best changes so far, then two, then three, until the network reads the
other digit; then their strokes are made shorter. All the changes of a step are read together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digit_model.calibration import Calibration, energy, log_odds
from digit_model.counterfactual import MOST_CHANGED
from digit_model.counterfactual.proposals import begins_at, gradients, propose
from digit_model.counterfactual.strokes import MARGIN, Changes, Index, Tools
from digit_model.digit import SIZE, normalize_digit
from digit_model.network import DigitCNN

# Of each step, with one stroke, two and three: how many changes go on, and how many strokes of the
# pen and of the eraser are tried after each.
PARENTS = (1, 6, 6)
COUNTS = ((60, 36), (12, 8), (12, 8))
VARIED, VARIANTS = 6, 8  # changes that are varied in each step, and variants of each
POLISHED, POLISH_ROUNDS = 4, 2
SHIFT, BEND = 0.8, 1.5  # pixels, standard deviations of variations
APART = 1.0  # pixels: changes whose strokes are closer are alike
INK_WEIGHT = 5.0  # logits that changing as much ink as the digit has is worth
SURER = 0.5  # logits beyond the thresholds, because the picture is not exactly the 28×28 digit


@dataclass(frozen=True)
class Rated:
    """Changes, float64 (N,) each: how sure the other digit is and how much ink they change.

    Attributes:
        changes: what is drawn.
        surplus: in logits, beyond the thresholds of the verdict "digit"; below 0, what is missing.
        share: of the digit's ink.
    """

    changes: Changes
    surplus: np.ndarray
    share: np.ndarray

    @property
    def cost(self) -> np.ndarray:
        return INK_WEIGHT * self.share - np.minimum(self.surplus, 0)

    def take(self, index: Index) -> Rated:
        return Rated(self.changes.take(index), self.surplus[index], self.share[index])

    def __len__(self) -> int:
        return len(self.changes)

    def and_also(self, other: Rated) -> Rated:
        return Rated(
            Changes.of([self.changes, other.changes]),
            np.concatenate([self.surplus, other.surplus]),
            np.concatenate([self.share, other.share]),
        )

    def enough(self) -> Rated:
        """Those that do, the least ink first."""
        index = np.flatnonzero(self.surplus >= 0)
        return self.take(index[np.argsort(self.share[index], kind="stable")])

    def surer(self, count: int) -> Rated:
        """The first one, then the next that is surer of the other digit, and so on."""
        chosen: list[int] = []
        for index, surplus in enumerate(self.surplus):
            if len(chosen) < count and (not chosen or surplus > self.surplus[chosen[-1]] + SURER):
                chosen.append(index)
        return self.take(chosen)

    def distinct(self, count: int) -> Rated:
        """The best ones that aren't alike, at most so many."""
        centres = self.changes.controls.mean(axis=2)
        chosen: list[int] = []
        for index in np.argsort(self.cost, kind="stable"):
            near = np.abs(centres[chosen] - centres[index]).max(axis=(1, 2), initial=0) < APART
            same = (self.changes.erases[chosen] == self.changes.erases[index]).all(axis=1)
            if not (near & same).any():
                chosen.append(int(index))
            if len(chosen) == count:
                break
        return self.take(chosen)


class Search:
    """For one digit and one label that it doesn't have."""

    def __init__(
        self,
        network: DigitCNN,
        read: Callable[[np.ndarray], np.ndarray],
        calibration: Calibration,
        digit: np.ndarray,
        toward: int,
        tools: Tools,
    ) -> None:
        """Args are as the recogniser has them.

        Args:
            network: in evaluation mode, for its gradients.
            read: its logits, float32 (N, 10), for digits, uint8 (N, 28, 28).
            calibration: with the thresholds of the verdict.
            digit: uint8 (28, 28), 255 = ink.
            toward: the label as a number.
            tools: the pen that wrote it, and an eraser.
        """
        self._network, self._read, self._calibration = network, read, calibration
        self._toward, self._tools = toward, tools
        self._ink = digit.astype(np.float32) / 255
        self._rng = np.random.default_rng(0)  # the same digit has the same answer

    def run(self) -> Rated:
        """Changes that are enough, the least ink first; none if nothing small is."""
        best = Rated(Changes.none(), np.zeros(1), np.zeros(1))
        for parents, counts in zip(PARENTS, COUNTS, strict=True):
            best = self._rate(self._longer(best.distinct(parents).changes, counts))
            best = best.and_also(self._vary(best.distinct(VARIED)))
            if len(enough := best.enough()):
                return self._polish(enough)
            if not len(best):
                break
        return enough

    def _longer(self, parents: Changes, counts: tuple[int, int]) -> Changes:
        """Each of them with one more stroke."""
        inks = parents.apply(self._ink, self._tools)
        maps = gradients(self._network, inks, self._toward)
        return Changes.of(
            [
                parents.take([index]).and_then(propose(ink, gradient, self._tools, counts))
                for index, (ink, gradient) in enumerate(zip(inks, maps, strict=True))
            ]
        )

    def _polish(self, enough: Rated) -> Rated:
        for _ in range(POLISH_ROUNDS):
            enough = enough.and_also(self._vary(enough.take(slice(POLISHED)))).enough()
        return enough

    def _vary(self, rated: Rated) -> Rated:
        """Variants of these: one stroke shorter, moved, bent or all of it."""
        parents = rated.changes.take(np.repeat(np.arange(len(rated.changes)), VARIANTS))
        rng, count = self._rng, len(parents)
        rows, stroke = np.arange(count), rng.integers(parents.controls.shape[1], size=count)
        before = parents.controls[rows, stroke]
        middle = np.array([[0], [1], [0]])
        variants = np.stack(
            [
                _shortened(before, rng),
                before + rng.normal(0, SHIFT, (count, 1, 2)),
                before + middle * rng.normal(0, BEND, (count, 1, 2)),
                before + rng.normal(0, SHIFT, (count, 3, 2)),
            ]
        )
        controls = parents.controls.copy()
        controls[rows, stroke] = variants[rng.integers(len(variants), size=count), rows]
        varied = Changes(np.clip(controls, MARGIN, SIZE - MARGIN), parents.erases)
        return self._rate(varied.take(np.flatnonzero(begins_at(self._ink, varied))))

    def _rate(self, changes: Changes) -> Rated:
        """Those of the changes that are small."""
        changed = changes.apply(self._ink, self._tools)
        share = np.abs(changed - self._ink).sum(axis=(1, 2)) / self._ink.sum()
        small = np.flatnonzero(share <= MOST_CHANGED)
        return Rated(changes.take(small), self._surplus(changed[small]), share[small])

    def _surplus(self, inks: np.ndarray) -> np.ndarray:
        """Of changed ink, float32 (N, 28, 28), see :class:`Rated`."""
        logits = self._read(
            np.array([normalize_digit(ink)[0] for ink in inks]).reshape(-1, SIZE, SIZE)
        )
        scaled = logits / self._calibration.temperature
        others = np.delete(scaled, self._toward, axis=1)
        odds = scaled[:, self._toward] - energy(others)
        sure = odds - log_odds(self._calibration.unsure_below) - SURER
        digit_like = energy(logits) - self._calibration.least_energy - SURER
        missing = np.minimum(sure, 0) + np.minimum(digit_like, 0)
        return np.where(missing < 0, missing, np.minimum(sure, digit_like))


def _shortened(controls: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bézier curves (N, 3, 2) without a tenth to four tenths at one end (de Casteljau)."""
    cut = rng.uniform(0.1, 0.4, (len(controls), 1))
    backwards = rng.integers(2, size=(len(controls), 1, 1)) == 1
    start, middle, end = np.moveaxis(np.where(backwards, controls[:, ::-1], controls), 1, 0)
    first, second = start + cut * (middle - start), middle + cut * (end - middle)
    return np.stack([first + cut * (second - first), second, end], axis=1)
