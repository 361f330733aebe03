"""What the faces share is described alike."""

import inspect
import re

import numpy as np  # noqa: F401, in the defaults
import pytest

from skrnn import RNNClassifier, RNNLanguageModel, RNNRegressor, RNNTagger
from skrnn.preprocessing import TokenEncoder


def entries(face):
    """Text of each parameter and attribute in the class's docstring, by its heading."""
    text = re.split(r"\nSee Also\n", inspect.getdoc(face))[0]
    return dict(re.findall(r"^(\w[^\n]*) : ([^\n]*(?:\n(?: +[^\n]*)?)*)", text, re.M))


@pytest.mark.parametrize(
    "face", [RNNClassifier, RNNTagger, RNNRegressor, RNNLanguageModel, TokenEncoder]
)
def test_every_parameter_is_described_with_its_default(face):
    described = entries(face)
    for name, parameter in inspect.signature(face).parameters.items():
        default = re.search(r"default=(.*)", described[name].split("\n")[0]).group(1)
        assert eval(default) == parameter.default


@pytest.mark.parametrize("face", [RNNTagger, RNNRegressor])
def test_shared_entries_read_alike(face):
    own = {"pooling", "class_weight", "classes_"}
    mine, theirs = entries(face), entries(RNNClassifier)
    shared = mine.keys() & theirs.keys() - own
    assert len(shared) > 35
    for name in shared:
        assert mine[name].split() == theirs[name].split()
