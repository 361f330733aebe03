"""On one-step sequences a recurrent network is a multilayer perceptron."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skrnn import RNNClassifier

HIDDEN_SIZE = 5
N_EPOCHS = 25
SOLVERS = {
    "sgd": {"solver": "sgd", "momentum": 0.9, "learning_rate_init": 0.1},
    "plain": {
        "solver": "sgd",
        "momentum": 0.7,
        "nesterovs_momentum": False,
        "learning_rate_init": 0.1,
    },
    # There epsilon stands elsewhere in the fraction.
    "adam": {"solver": "adam", "epsilon": 1e-30, "learning_rate_init": 0.02},
}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_follows_scikit_learns_perceptron(n_classes, solver, activation):
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(50, 4))
    y = np.argmax(X[:, :n_classes] + 0.3 * rng.normal(size=(50, n_classes)), axis=1)
    common = {
        "activation": activation,
        "alpha": 0.1,
        "batch_size": 16,
        "shuffle": False,
        "random_state": 0,
    }
    tiny = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1}
    full = {"max_iter": N_EPOCHS, "warm_start": True, **SOLVERS[solver]}
    perceptron = MLPClassifier(HIDDEN_SIZE, n_iter_no_change=100, **common, **tiny)
    recurrent = RNNClassifier(
        HIDDEN_SIZE,
        n_iter_no_change=np.inf,
        clip_threshold=None,
        **common,
        **tiny,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        perceptron.fit(X, y)
        U, V = perceptron.coefs_
        b, c = perceptron.intercepts_
        recurrent.fit(X, y)
        recurrent.coefs_[0][0][...] = U
        recurrent.intercepts_[0][0][...] = b
        recurrent.output_coef_[...] = V
        recurrent.output_intercept_[...] = c
        # No step has one before it: W takes no part, but in the penalty.
        recurrent.recurrent_coefs_[0][0].fill(0)
        perceptron.set_params(**full).fit(X, y)
        recurrent.set_params(**full).fit(X, y)
    losses = np.array(perceptron.loss_curve_[-N_EPOCHS:])
    assert losses[-1] < 0.95 * losses[0]
    np.testing.assert_allclose(
        recurrent.loss_curve_[-N_EPOCHS:], losses, rtol=0, atol=1e-10
    )
    np.testing.assert_allclose(
        recurrent.predict_proba(X), perceptron.predict_proba(X), atol=1e-10
    )
    np.testing.assert_allclose(recurrent.coefs_[0][0], perceptron.coefs_[0], atol=1e-10)
    assert not recurrent.recurrent_coefs_[0][0].any()
