"""The digit network learns: its loss, teachers, schedule and optimizers."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from digit_model import ModelError
from digit_model.architectures import NetworkConfig
from digit_model.data.nondigits import nondigits
from digit_model.data.training_sets import stroke_training
from digit_model.network import DigitCNN, to_inputs
from digit_model.training.digit import accuracy
from digit_model.training.distillation import Ensemble
from digit_model.training.loss import batch_loss
from digit_model.training.optimizers import ConvolutionMuon, make_optimizers, orthogonalize
from digit_model.training.recipe import Cycle, Recipe
from digit_model.training.schedule import augmentation_strength, learning_rate
from digit_model.training.step import average_of, averaged, blend, start_from

# Of batch_loss.
PLAIN: dict[str, Any] = {"outlier_weight": 0.5, "augmentation": 0.0, "generator": torch.Generator()}


def test_overfits_64_digits() -> None:
    torch.manual_seed(0)
    images, labels = stroke_training(1, 0, slice(0, 64))
    digits, targets = torch.from_numpy(images), torch.from_numpy(labels)
    network = DigitCNN(NetworkConfig(stem=8, stages=((16,), (16,)), dropout=0.0))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(60):
        loss = batch_loss(network, digits, targets, digits[:0], **PLAIN)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert accuracy(network, (images, labels)) == 1.0


def test_outlier_exposure_makes_the_network_undecided() -> None:
    torch.manual_seed(0)
    images, labels = stroke_training(1, 0, slice(0, 32))
    others = torch.from_numpy(nondigits(32, seed=0))
    network = DigitCNN(NetworkConfig(stem=8, stages=((16,), (16,)), dropout=0.0))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    digits = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(60):
        optimizer.zero_grad()
        batch_loss(network, *digits, others, **PLAIN).backward()
        optimizer.step()
    network.eval()
    with torch.inference_mode():
        confidence = network(to_inputs(others)).softmax(1).amax(1)
    assert confidence.median() < 0.3


def test_teachers_are_followed_where_they_contradict_the_labels() -> None:
    torch.manual_seed(0)
    images, labels = stroke_training(1, 0, slice(0, 64))
    digits, targets = torch.from_numpy(images), torch.from_numpy(labels)
    shape = NetworkConfig(stem=8, stages=((16,), (16,)), dropout=0.0)
    teacher, student = DigitCNN(shape), DigitCNN(shape)

    def learn(network: DigitCNN, labels: Tensor, **taught: Any) -> None:
        optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
        network.train()
        for _ in range(60):
            optimizer.zero_grad()
            batch_loss(network, digits, labels, digits[:0], **PLAIN, **taught).backward()
            optimizer.step()

    wrong = (targets + 1) % 10
    learn(teacher, wrong)
    learn(student, targets, teachers=Ensemble([teacher.eval()]), distillation_weight=0.8)
    assert accuracy(student, (images, wrong.numpy())) > 0.95
    with torch.inference_mode():
        probabilities = student(to_inputs(digits)).softmax(1)
    rows = torch.arange(len(targets))
    assert probabilities[rows, targets].mean() == pytest.approx(0.2, abs=0.07)  # the labels' share
    assert probabilities[rows, wrong].mean() == pytest.approx(0.8, abs=0.07)


def test_an_ensemble_answers_with_the_mean_of_its_networks() -> None:
    networks = [DigitCNN(NetworkConfig()).eval() for _ in range(3)]
    inputs = torch.rand(5, 1, 28, 28)
    with torch.inference_mode():
        mean = torch.stack([network(inputs).softmax(1) for network in networks]).mean(0)
    torch.testing.assert_close(Ensemble(networks)(inputs), mean)


def test_a_network_starts_from_one_of_its_shape_alone() -> None:
    start, network = (DigitCNN(NetworkConfig()).eval() for _ in range(2))
    start_from(network, start)
    inputs = torch.rand(5, 1, 28, 28)
    assert torch.equal(network(inputs), start(inputs))
    with pytest.raises(ModelError, match="not of the recipe's shape"):
        start_from(DigitCNN(NetworkConfig(stem=16)), start)


def test_a_blend_keeps_a_share_of_the_weights_that_it_started_from() -> None:
    start, trained = (DigitCNN(NetworkConfig(stem=8, stages=((8,), (8,)))) for _ in range(2))
    weights = {
        share: nn.utils.parameters_to_vector(blend(start, trained, share).parameters())
        for share in (0.0, 0.25, 1.0)
    }
    assert torch.equal(weights[0.0], nn.utils.parameters_to_vector(trained.parameters()))
    assert torch.equal(weights[1.0], nn.utils.parameters_to_vector(start.parameters()))
    torch.testing.assert_close(weights[0.25], 0.75 * weights[0.0] + 0.25 * weights[1.0])


def test_learning_rate_rises_then_falls_to_zero_in_each_cycle() -> None:
    recipe = Recipe(epochs=100, cycles=(Cycle(1.0, 0.5, (1.0, 1.0)), Cycle(0.5, 0.5, (1.0, 0.0))))
    rates = [learning_rate(epoch, recipe) for epoch in range(200)]
    for peak, cycle in ((1.0, rates[:100]), (0.5, rates[100:])):
        assert max(cycle) == pytest.approx(peak)
        assert cycle.index(max(cycle)) == 15
        assert cycle[0] < 0.1 * peak
        assert cycle[-1] < 0.001 * peak


def test_augmentation_goes_from_one_end_of_its_cycle_to_the_other() -> None:
    recipe = Recipe(epochs=3, cycles=(Cycle(1.0, 0.5, (1.0, 1.0)), Cycle(1.0, 0.5, (0.6, 0.2))))
    strengths = [augmentation_strength(epoch, recipe) for epoch in range(6)]
    assert strengths == pytest.approx([1.0, 1.0, 1.0, 0.6, 0.4, 0.2])


def test_muon_moves_a_convolution_as_it_would_the_matrix_of_its_filters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # PyTorch's Muon multiplies bfloat16 whatever the processor.
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    torch.manual_seed(0)
    for filters in (8, 40):  # fewer than columns, and more
        convolution = torch.nn.Conv2d(3, filters, 3).to(memory_format=torch.channels_last)
        weight = convolution.weight
        matrix = torch.nn.Parameter(weight.detach().flatten(1).clone())
        reference = torch.optim.Muon(
            [matrix], lr=0.1, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
        )
        optimizer = ConvolutionMuon([weight], weight_decay=0.01)
        optimizer.param_groups[0]["lr"] = 0.1
        for _ in range(3):
            gradient = torch.randn(filters, 3, 3, 3)
            weight.grad, matrix.grad = gradient, gradient.flatten(1)
            before = weight.detach().clone()
            optimizer.step()
            reference.step()
            assert not torch.equal(weight, before)
            torch.testing.assert_close(weight.flatten(1), matrix)


def test_a_matrix_becomes_nearly_orthogonal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    torch.manual_seed(0)
    for shape in ((16, 27), (64, 27)):
        values = torch.linalg.svdvals(orthogonalize(torch.randn(shape)))
        assert values.min() > 0.3
        assert values.max() < 1.3


def test_every_weight_has_one_optimizer() -> None:
    network = DigitCNN(NetworkConfig()).to(memory_format=torch.channels_last)
    held = [
        parameter
        for optimizer in make_optimizers(network, 0.0)
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    assert sorted(parameter.data_ptr() for parameter in held) == sorted(
        parameter.data_ptr() for parameter in network.parameters()
    )


def test_the_result_is_the_average_of_the_weights() -> None:
    network = DigitCNN(NetworkConfig(stem=4, stages=((4,), (4,))))
    average = average_of(network, decay=0.5)
    first = network.classifier.bias.detach().clone()
    average.update_parameters(network)
    with torch.no_grad():
        network.classifier.bias.add_(1.0)
    average.update_parameters(network)
    found = averaged(network, average)
    assert torch.allclose(found.classifier.bias, first + 0.5)
    assert not found.training
