"""MNIST: the images that come with nflib, and all of them where the published files are."""

import gzip
import hashlib
import io
from importlib.resources import files

import pytest
import torch

from nflib import bits_per_dim, dequantise
from nflib.course.targets import load_mnist, mnist, mnist_couplings, mnist_flow, mnist_runs


def test_1000_test_images_come_with_nflib_100_of_each_class_in_turn():
    data = load_mnist()
    assert data.images.shape == (1000, 784) and data.images.dtype == torch.int64
    assert (data.images.min(), data.images.max()) == (0, 255)
    assert torch.equal(data.labels, torch.arange(1000) % 10)
    assert len({tuple(image) for image in data.images.tolist()}) == 1000


def test_the_file_is_small_and_its_origin_and_licence_are_beside_it():
    folder = files("nflib.course").joinpath("data")
    packed = folder.joinpath(mnist.SAMPLE).read_bytes()
    text = folder.joinpath("README.md").read_text("utf8")
    assert len(packed) <= 160_000
    assert hashlib.sha256(packed).hexdigest() in text and "CC BY-SA 3.0" in text


def idx(folder, name, header, values, packed):
    data = bytes(header) + bytes(values)
    mnist.SHA256[name] = hashlib.sha256(data).hexdigest()
    if packed:
        folder.joinpath(f"{name}.gz").write_bytes(gzip.compress(data))
    else:
        folder.joinpath(name).write_bytes(data)


@pytest.mark.parametrize("packed", (False, True))
def test_all_are_read_from_a_folder_training_first(packed, tmp_path, monkeypatch):
    monkeypatch.setenv("NFLIB_MNIST", str(tmp_path))
    monkeypatch.setattr(mnist, "SHA256", dict(mnist.SHA256))
    for part, images, labels in (
        ("train", [3] * 784 + [4] * 784, [7, 9]),
        ("t10k", [5] * 784, [1]),
    ):
        idx(tmp_path, f"{part}-images-idx3-ubyte", 16, images, packed)
        idx(tmp_path, f"{part}-labels-idx1-ubyte", 8, labels, packed)
    data = load_mnist(full=True)
    assert data.images[:, 0].tolist() == [3, 4, 5] and data.images.shape == (3, 784)
    assert data.labels.tolist() == [7, 9, 1]
    assert (data.images.dtype, data.labels.dtype) == (torch.uint8, torch.int64)


def test_a_changed_or_missing_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NFLIB_MNIST", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        load_mnist(full=True)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(bytes(20))
    with pytest.raises(
        OSError, match="load_mnist: train-images-idx3-ubyte: expected the published"
    ):
        load_mnist(full=True)


def test_the_flow_costs_the_test_images_less_than_histograms_with_or_without_the_digit():
    data, seed = load_mnist(), torch.Generator().manual_seed(0)
    y = dequantise(data.images[:100], 256, seed)
    labels = torch.nn.functional.one_hot(data.labels[:100], 10).float()
    with_digit, without, wrong = (
        float(bits_per_dim(mnist_flow().log_prob(y, context), 784, 256).mean())
        for context in (labels, 0 * labels, labels.roll(1, 0))
    )
    assert with_digit < without < wrong and without < 1.3  # 1.67: a histogram for each pixel


@pytest.mark.parametrize("name, load", [("flow", mnist_flow), ("couplings", mnist_couplings)])
def test_weights_that_are_not_those_of_the_record_are_refused(name, load, monkeypatch):
    read = mnist_runs.data_file
    changed = lambda file: read(file)[:-1] + b"?" if file == f"mnist-{name}.pt" else read(file)
    monkeypatch.setattr(mnist_runs, "data_file", changed)
    with pytest.raises(OSError, match=rf"mnist-{name}\.pt: expected the recorded file"):
        load()


def test_the_flow_is_a_small_file_and_another_one_is_read_by_its_path(tmp_path):
    packed = mnist_runs.data_file("mnist-flow.pt")
    assert len(packed) <= 5_000_000
    state = torch.load(io.BytesIO(packed), weights_only=True)["state"]
    assert {t.dtype for t in state.values() if t.is_floating_point()} == {torch.float16}
    file = tmp_path / "flow.pt"
    file.write_bytes(packed)
    assert mnist_flow(file).state_dict().keys() == state.keys()
    file.write_bytes(packed[:1000])
    with pytest.raises(ValueError, match="expected a checkpoint"):
        mnist_flow(file)
