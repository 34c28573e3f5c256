"""The hyperparameters of a training run, by name."""

import dataclasses

from digit_model.network import NetworkConfig


@dataclasses.dataclass(frozen=True)
class Cycle:
    """What changes from one cycle of the learning rate to the next."""

    learning_rate: float  # its peak, for Muon and AdamW
    rendered_share: float  # of all that is drawn, chosen anew for each epoch
    # Strength at its start and its end, see digit_model.training.augment.
    augmentation: tuple[float, float]
    distillation_weight: float = 0.0  # share of the targets that comes from teachers, not labels


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides the seed. Saved in their config.json."""

    epochs: int = 19  # of each cycle
    batch_size: int = 256  # digits, over all processes
    # Each draws its pictures anew. The second refines: more of it is MNIST, less is distorted.
    cycles: tuple[Cycle, ...] = (Cycle(4e-3, 0.5, (1.0, 1.0)), Cycle(2e-3, 0.35, (0.6, 0.1)))
    first_data_seed: int = 0  # of the first cycle's pictures; each further cycle takes the next
    weight_decay: float = 0.02
    ema_decay: float = 0.998  # per step; the averaged weights are the ones that ship
    stroke_variants: int = 12  # renderings of each recorded digit
    allographs: int = 30_000  # synthetic digits, in the ways of writing of the world
    photographs: int = 12_000  # synthetic, of recorded and synthetic digits
    scan_variants: int = 8  # variations of each scan of other collections
    degraded: int = 24_000  # of MNIST's images, overdrawn, stained, badly copied
    nondigits: int = 26_000
    outlier_weight: float = 0.5  # of the loss on non-digits (Hendrycks et al., 2019)
    outlier_share: float = 0.125  # non-digits beside a batch, per digit in it
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)

    @property
    def total_epochs(self) -> int:
        return self.epochs * len(self.cycles)

    @property
    def needs_teachers(self) -> bool:
        return any(cycle.distillation_weight > 0 for cycle in self.cycles)


def dry_run(recipe: Recipe) -> Recipe:
    """As little of it as shows that it runs: an epoch of small batches a cycle."""
    return dataclasses.replace(recipe, epochs=1, batch_size=64, photographs=16, nondigits=64)


# What of it decides which training data is drawn. The seed of that is the same for all runs: these
# then differ in the first weights, the digits' order and their augmentation.
DATA_FIELDS = (
    *("stroke_variants", "allographs", "photographs"),
    *("scan_variants", "degraded", "nondigits"),
)

RECIPES = {
    "default": Recipe(),
    # One cycle more, of a trained network, taught by an ensemble of such.
    "distilled": Recipe(
        epochs=13,
        cycles=(Cycle(2e-3, 0.35, (0.6, 0.2), distillation_weight=0.5),),
        first_data_seed=2,
    ),
    # A few epochs on from trained weights, with somebody's own digits beside all that they know.
    "fine-tune": Recipe(
        epochs=2,
        cycles=(Cycle(5e-4, 1.0, (0.5, 0.2)),),
        first_data_seed=3,
        stroke_variants=1,
        allographs=4_000,
        photographs=1_000,
        scan_variants=1,
        degraded=4_000,
        nondigits=4_000,
    ),
    "quick": Recipe(
        epochs=4,
        cycles=(Cycle(4e-3, 0.5, (0.8, 0.1)),),
        stroke_variants=4,
        allographs=10_000,
        photographs=2_000,
        scan_variants=2,
        degraded=5_000,
        nondigits=5_000,
    ),
    "no-augmentation": Recipe(
        cycles=tuple(dataclasses.replace(cycle, augmentation=(0.0, 0.0)) for cycle in Recipe.cycles)
    ),
}
