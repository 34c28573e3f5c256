"""The hyperparameters of a training run, by name."""

import dataclasses
from typing import ClassVar, Self

from digit_model.architectures import InkNetworkConfig, NetworkConfig, NumberNetworkConfig

DRY_RUN_BATCH = 8  # pictures
DRY_RUN_STEPS = 3  # per epoch


@dataclasses.dataclass(frozen=True)
class Cycle:
    """What differs between the cycles of the learning rate."""

    learning_rate: float  # its peak, for Muon and AdamW
    rendered_share: float  # share of the generated data in an epoch; each epoch samples another
    # Strength in the first and the last epoch, see digit_model.training.augment.
    augmentation: tuple[float, float]
    distillation_weight: float = 0.0  # weight of the teachers' probabilities in the targets


@dataclasses.dataclass(frozen=True)
class Recipe:
    """All hyperparameters of the digit network but the seed. Saved in config.json.

    Attributes:
        prefix: of config.json's names for what is the network's: its shape, training and hash.
        beside: the hashes of those networks beside it that decide the result.
    """

    prefix: ClassVar = ""
    beside: ClassVar = ("ink_sha256",)  # it preprocesses the data

    epochs: int = 19  # of each cycle
    batch_size: int = 256  # digits, over all processes
    # Each has newly generated data. The second is for refinement: more MNIST, less augmentation.
    cycles: tuple[Cycle, ...] = (Cycle(4e-3, 0.5, (1.0, 1.0)), Cycle(2e-3, 0.35, (0.6, 0.1)))
    first_data_seed: int = 0  # seed of the first cycle's data; increases by 1 per cycle
    weight_decay: float = 0.02
    ema_decay: float = 0.998  # per step; the averaged weights are exported
    mnist: int | None = None  # of its training images; None: all but the development images
    stroke_variants: int = 12  # renderings of each recorded digit
    allographs: int = 30_000  # synthetic digits, see digit_model.data.allographs
    flagged: int = 24_000  # and 1s and 7s, see digit_model.data.one_or_seven
    photographs: int = 12_000  # synthetic photographs of recorded and synthetic digits
    scan_variants: int = 8  # variations of each scan of other collections
    degraded: int = 24_000  # MNIST images, see digit_model.data.degradation
    nondigits: int = 26_000
    outlier_weight: float = 0.5  # of the loss on non-digits (Hendrycks et al., 2019)
    outlier_share: float = 0.125  # non-digits per digit of a batch
    validation_photographs: int = 100  # of each kind; drawing them takes minutes
    # Of the weights to start from, in those that are exported: they keep more of what they could do
    # (Wortsman et al., 2022).
    start_share: float = 0.0
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)

    @property
    def total_epochs(self) -> int:
        return self.epochs * len(self.cycles)

    @property
    def peaks(self) -> tuple[float, ...]:
        """Of the learning rate in each cycle."""
        return tuple(cycle.learning_rate for cycle in self.cycles)

    @property
    def needs_teachers(self) -> bool:
        return any(cycle.distillation_weight > 0 for cycle in self.cycles)

    def dry_run(self) -> "Recipe":
        """The same for ``--dry-run``: one epoch of small batches per cycle."""
        return dataclasses.replace(
            self, epochs=1, batch_size=2 * DRY_RUN_BATCH, photographs=2, nondigits=8
        )


@dataclasses.dataclass(frozen=True)
class _Drawn:
    """What recipes of networks that are trained on drawn pictures have in common."""

    epochs: int  # of each cycle
    batch_size: int
    peaks: tuple[float, ...]  # of the learning rate, for AdamW

    @property
    def total_epochs(self) -> int:
        return self.epochs * len(self.peaks)

    def _shortened(self, **sizes: int) -> Self:
        return dataclasses.replace(
            self, epochs=1, peaks=self.peaks[:1], batch_size=DRY_RUN_BATCH, **sizes
        )


@dataclasses.dataclass(frozen=True)
class InkRecipe(_Drawn):
    """The same for the ink network."""

    prefix: ClassVar = "ink_"
    beside: ClassVar = ()  # its pictures are drawn with their ink

    epochs: int = 5
    batch_size: int = 32
    pictures: int = 36_000  # drawn once; see digit_model.data.ink_pictures
    development_step: int = 4  # one in so many of the development digits measures each epoch
    data_seed: int = 0
    peaks: tuple[float, ...] = (3e-3, 1.5e-3, 1.2e-3)
    weight_decay: float = 0.02
    ema_decay: float = 0.998  # per step; the averaged weights are exported
    network: InkNetworkConfig = dataclasses.field(default_factory=InkNetworkConfig)

    def dry_run(self) -> Self:
        """As :meth:`Recipe.dry_run`."""
        return self._shortened(pictures=DRY_RUN_BATCH, development_step=300)


@dataclasses.dataclass(frozen=True)
class NumberRecipe(_Drawn):
    """The same for the number network."""

    prefix: ClassVar = "number_"
    beside: ClassVar = ("sha256", "ink_sha256")  # they take part in the calibration

    epochs: int = 42
    batch_size: int = 128
    pictures: int = 20_000  # in each epoch others; see digit_model.data.number_pictures
    photographed: float = 0.25  # share of them from these, see digit_model.data.number_photographs:
    photographs: int = 4_000  # drawn once
    development: int = 300  # numbers that measure each epoch
    calibration: int = 1_200  # numbers that the confidence is fitted on
    data_seed: int = 0
    peaks: tuple[float, ...] = (2e-3, 1.5e-3)
    weight_decay: float = 0.02
    ema_decay: float = 0.999
    start_share: float = 0.0  # as in Recipe
    network: NumberNetworkConfig = dataclasses.field(default_factory=NumberNetworkConfig)

    def dry_run(self) -> Self:
        """As :meth:`Recipe.dry_run`."""
        return self._shortened(
            pictures=2 * DRY_RUN_BATCH, photographs=2, development=4, calibration=4
        )


@dataclasses.dataclass(frozen=True)
class FastRecipe:
    """The shortest way from nothing to 99 % of MNIST's test images, on two CPU cores."""

    images: int = 48_000  # of MNIST's 60,000 to train on, each seen once
    batch_size: int = 96
    margin: int = 2  # pixels that are cut off on each side, where MNIST has next to no ink
    peak: float = 0.03  # of the learning rate, for AdamW
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    network: NetworkConfig = dataclasses.field(
        default_factory=lambda: NetworkConfig(stem=16, stages=((24,), (48,)), dropout=0.0)
    )


AnyRecipe = Recipe | InkRecipe | NumberRecipe

QUICK = Recipe(
    epochs=4,
    cycles=(Cycle(4e-3, 0.5, (0.8, 0.1)),),
    stroke_variants=4,
    allographs=10_000,
    flagged=4_000,
    photographs=2_000,
    scan_variants=2,
    degraded=5_000,
    nondigits=5_000,
)

# They go on from a trained network.
STARTED_RECIPES = ("distilled", "refined", "fine-tune", "number-refined")
RECIPES = {
    "default": Recipe(),
    # One more cycle for a trained network, with an ensemble of trained networks as teachers.
    "distilled": Recipe(
        epochs=13,
        cycles=(Cycle(2e-3, 0.35, (0.6, 0.2), distillation_weight=0.5),),
        first_data_seed=2,
        start_share=0.5,
    ),
    # More steps for a trained network, again from full to weak augmentation; there are no teachers,
    # so it may also learn ways of writing that they don't know.
    "refined": Recipe(
        epochs=7,
        cycles=(
            Cycle(2e-3, 0.5, (1.0, 0.8)),
            Cycle(1.5e-3, 0.5, (0.8, 0.5)),
            Cycle(1e-3, 0.5, (0.5, 0.15)),
        ),
        start_share=0.5,
    ),
    # A few more epochs for a trained network, with a user's own digits added.
    "fine-tune": Recipe(
        epochs=2,
        cycles=(Cycle(5e-4, 1.0, (0.5, 0.2)),),
        first_data_seed=3,
        mnist=10_000,  # enough not to forget the others
        stroke_variants=1,
        allographs=4_000,
        flagged=1_000,
        photographs=600,
        scan_variants=1,
        degraded=4_000,
        nondigits=4_000,
        validation_photographs=15,
    ),
    "quick": QUICK,
    "no-augmentation": Recipe(
        cycles=tuple(dataclasses.replace(cycle, augmentation=(0.0, 0.0)) for cycle in Recipe.cycles)
    ),
    # Short runs that show what parameters and data are worth: on all kinds of data, and on MNIST's
    # training images alone, both on about 160,000 images.
    "ladder": dataclasses.replace(QUICK, epochs=2, ema_decay=0.98),
    "ladder-mnist": Recipe(
        epochs=3,
        cycles=(Cycle(4e-3, 0.0, (0.8, 0.1)),),
        ema_decay=0.98,
        stroke_variants=0,
        allographs=0,
        flagged=0,
        photographs=0,
        scan_variants=0,
        degraded=0,
        nondigits=0,
        outlier_share=0.0,
    ),
}
# Their runs end with MNIST's test images, because nothing is chosen by the result.
TESTED_RECIPES = ("ladder", "ladder-mnist")
# Networks of other sizes than the recipe's, by their number of parameters.
SIZES = {
    "10k": NetworkConfig(stem=8, stages=((10, 10), (17, 17, 17))),
    "25k": NetworkConfig(stem=10, stages=((16, 16), (28, 28, 28))),
    "100k": NetworkConfig(stem=24, stages=((36, 36), (56, 56, 56))),
    "500k": NetworkConfig(stem=36, stages=((74, 74), (134, 134, 134))),
}

# Of the networks that draw all their data themselves.
DRAWN_RECIPES: dict[str, InkRecipe | NumberRecipe] = {
    "ink": InkRecipe(),
    "number": NumberRecipe(),
    # For a trained network, when what it trains on has changed.
    "number-refined": NumberRecipe(epochs=8, start_share=0.3),
}
# Measured, and not kept.
FAST_RECIPES = {"mnist-fast": FastRecipe()}
# All that ships, by several of these; see digit_model.training.ship.
SHIP = "ship"
