"""The pages and the code agree on the numbers of the equations."""

import re
from pathlib import Path

import pytest

import skrnn

PAGE = Path(__file__).parents[1] / "docs" / "mathematics.rst"
SOURCES = sorted(Path(skrnn.__file__).parent.rglob("*.py"))

# What the page's label says of an equation, and where the code cites its number.
CITED = {
    "state": "_core/cells.py",
    "output": "_core/heads.py",
    "bptt": "_core/cells.py",
    "slope": "_core/cells.py",
    "dW": "_core/cells.py",
    "dU": "_core/cells.py",
    "dx": "_core/cells.py",
    "head-gradients": "_core/heads.py",
    "last": "_core/pooling.py",
    "mean": "_core/pooling.py",
    "max": "_core/pooling.py",
    "embedding": "_core/network.py",
    "softmax": "_core/heads.py",
    "logistic": "_core/heads.py",
    "squared": "_core/heads.py",
    "error": "_core/heads.py",
    "normalised": "_core/heads.py",
    "penalty": "_core/network.py",
    "truncation": "_core/recurrence.py",
    "clip-norm": "_core/transforms.py",
    "clip-value": "_core/transforms.py",
    "dropout": "_core/network.py",
    "momentum": "_core/transforms.py",
    "nesterov": "_core/transforms.py",
    "moments": "_core/transforms.py",
    "adam": "_core/transforms.py",
    "lazy": "_core/transforms.py",
    "invscaling": "_training/schedules.py",
    "cosine": "_training/schedules.py",
    "glorot": "_core/initializers.py",
    "orthogonal": "_core/initializers.py",
    "normal": "_core/initializers.py",
    "row": "_core/packing.py",
    "reversal": "_core/packing.py",
    "temperature": "_core/sampling.py",
    "gumbel": "_core/sampling.py",
}


def numbers():
    """Label to number: Sphinx counts the equations that have a label."""
    labels = re.findall(r"^   :label: (\S+)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(set(labels)) == len(labels)
    return {label: number for number, label in enumerate(labels, start=1)}


def cited_in(path):
    """Numbers of equations that a module cites."""
    found = re.findall(r"(?<= )\((\d{1,2})\)(?=[\s.,:;\"]|$)", path.read_text("utf-8"))
    return {int(number) for number in found}


def test_the_design_comes_first():
    assert list(numbers())[:4] == ["state", "output", "loss", "bptt"]


@pytest.mark.parametrize("label", CITED)
def test_an_equation_is_cited_by_its_number(label):
    assert numbers()[label] in cited_in(Path(skrnn.__file__).parent / CITED[label])


def test_no_other_numbers_are_cited():
    known = {numbers()[label] for label in CITED}
    for path in SOURCES:
        assert cited_in(path) <= known, path
