"""How the recurrent weights begin."""

import numpy as np
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNTagger

X = np.random.default_rng(0).normal(size=(6, 4, 3))


def first_weights(face, y, **params):
    """Each W after an update too small to move it."""
    model = face(
        20,
        n_layers=2,
        bidirectional=True,
        learning_rate_init=1e-30,
        max_iter=1,
        n_iter_no_change=np.inf,
        random_state=0,
        **params,
    ).fit(X, y)
    return [W for layer in model.recurrent_coefs_ for W in layer]


@pytest.mark.parametrize(
    ("face", "y"),
    [
        (RNNClassifier, [0, 1] * 3),
        (RNNTagger, [[0, 1, 0, 1]] * 6),
        (RNNRegressor, np.arange(6.0)),
    ],
)
@pytest.mark.parametrize("name", ["orthogonal", "identity", "normal"])
def test_every_layer_and_direction_has_the_radius(face, y, name):
    Ws = first_weights(face, y, recurrent_init=name, spectral_radius=1.3)
    assert len(Ws) == 4
    for W in Ws:
        np.testing.assert_allclose(np.abs(np.linalg.eigvals(W)).max(), 1.3)
        if name == "orthogonal":
            np.testing.assert_allclose(W @ W.T, 1.69 * np.eye(20), atol=1e-12)


def test_orthogonal_of_radius_one_is_the_default():
    plain = first_weights(RNNClassifier, [0, 1] * 3)
    named = first_weights(
        RNNClassifier, [0, 1] * 3, recurrent_init="orthogonal", spectral_radius=1
    )
    np.testing.assert_array_equal(plain, named)


@pytest.mark.parametrize(
    "params", [{"recurrent_init": "zeros"}, {"spectral_radius": 0.0}], ids=str
)
def test_refused(params):
    with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter"):
        RNNClassifier(**params).fit(X, [0, 1] * 3)
