"""What holds for every estimator, whatever it predicts."""

import copy
import itertools
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn._core import network as network_module
from skrnn._core.network import Network
from skrnn._core.transforms import Momentum
from skrnn._training import loop, prediction

from .sequences import (
    LENGTHS,
    TASKS,
    flat_outputs,
    object_array,
    pad,
    parameters,
    ragged,
    tokens,
)

EVEN = (5,) * 8
POOLINGS = ["last", "mean", "max"]

every_task = pytest.mark.parametrize("task", TASKS, ids=repr)


def fitted(task, X, y=None, sample_weight=None, **params):
    """A fitted estimator for the task, on its own targets unless `y` is given."""
    y = task.targets(X) if y is None else y
    return task.make(**params).fit(X, y, sample_weight=sample_weight)


def assert_same_model(model, expected):
    """Equal to the last bit."""
    assert_array_equal(parameters(model), parameters(expected))


# -- scikit-learn's own checks -----------------------------------------------------

BY_NAME = [
    estimator_checks.check_param_validation,
    estimator_checks.check_dataframe_column_names_consistency,
    estimator_checks.check_n_features_in,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_parameters_default_constructible,
]


@parametrize_with_checks(
    [RNNClassifier(), RNNTagger(), RNNRegressor(), RNNRegressor(per_step=True)]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", BY_NAME, ids=lambda check: check.__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@every_task
def test_scikit_learn_checks_that_are_not_handed_out(task, check):
    check(task.face.__name__, task.face(**task.fixed))


# -- one data set in every container -----------------------------------------------


def ragged_containers():
    """The same ragged sequences, shaped in every way."""
    X = ragged()
    longest = max(LENGTHS)
    return {
        "tuple": tuple(X),
        "nested lists": [x.tolist() for x in X],
        "sequences of dtype object": [x.astype(object) for x in X],
        "data frames": [pd.DataFrame(x, columns=["a", "b"]) for x in X],
        "object array": object_array(X),
        "series": pd.Series(X),
        "3-D, padded": pad(X),
        "3-D, padded more": pad(X, longest + 3),
        "list, padded": [pad([x], len(x) + i % 3)[0] for i, x in enumerate(X)],
        "Fortran order": [np.asfortranarray(x) for x in X],
    }


@pytest.mark.parametrize("container", ragged_containers())
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@every_task
def test_ragged_containers_give_the_same_model(task, solver, container):
    X, y = ragged(), task.targets(ragged())
    other = ragged_containers()[container]
    expected = fitted(task, X, y, solver=solver, bidirectional=True)
    model = fitted(task, other, y, solver=solver, bidirectional=True)
    assert_same_model(model, expected)
    assert_array_equal(flat_outputs(expected, other), flat_outputs(expected, X))


@every_task
def test_even_containers_give_the_same_model(task):
    X = ragged(EVEN)
    y = task.targets(X)
    expected = fitted(task, X, y)
    for other in (np.stack(X), np.array(X, dtype=object), np.stack(X).tolist()):
        assert_same_model(fitted(task, other, y), expected)
        assert_array_equal(flat_outputs(expected, other), flat_outputs(expected, X))


@every_task
def test_table_is_sequences_of_one_step(task):
    table = np.vstack(ragged())
    X = [row[None] for row in table]
    y = task.targets(X)
    expected = fitted(task, X, y)
    flat = np.concatenate(y) if task.by_step else y
    for other in (table, table.tolist(), pd.DataFrame(table), table[:, None]):
        targets = y if np.ndim(other) == 3 else flat
        model = fitted(task, other, targets)
        assert_same_model(model, expected)
        assert model.n_features_in_ == 2
        assert_array_equal(flat_outputs(model, other), flat_outputs(expected, X))
    assert_same_model(fitted(task, table, y), expected)
    predicted = expected.predict(table)
    assert predicted.shape == flat.shape
    assert predicted.dtype == flat.dtype


@every_task
def test_feature_names_of_a_data_frame(task):
    frame = pd.DataFrame(np.vstack(ragged()), columns=["speed", "height"])
    y = task.targets([row[None] for row in frame.to_numpy()])
    model = fitted(task, frame, y)
    assert model.feature_names_in_.tolist() == ["speed", "height"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"speed": "pace"}))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(frame.to_numpy())
    assert not hasattr(model.fit(frame.to_numpy(), y), "feature_names_in_")


def test_feature_names_of_a_list_of_data_frames():
    X = [pd.DataFrame(x, columns=["speed", "height"]) for x in ragged((3, 5, 2, 4))]
    model = RNNClassifier(2, max_iter=1, n_iter_no_change=np.inf)
    model.fit(X, [0, 1, 0, 1])
    assert model.feature_names_in_.tolist() == ["speed", "height"]
    turned = [x[["height", "speed"]] for x in X]
    with pytest.raises(ValueError, match="must be in the same order"):
        model.predict(turned)
    message = (
        r"X\[2\] has the columns \['height', 'speed'\], but X\[0\] has "
        r"\['speed', 'height'\]"
    )
    with pytest.raises(ValueError, match=message):
        model.predict([*X[:2], turned[2]])
    with pytest.raises(ValueError, match=message):
        model.fit([*X[:2], *turned[2:]], [0, 1, 0, 1])
    assert not hasattr(
        model.fit([x.to_numpy() for x in X], [0, 1, 0, 1]), "feature_names_in_"
    )


SPARSE = {
    "arrays": lambda X: [sparse.csr_array(x) for x in X],
    "matrices": lambda X: [sparse.csr_matrix(x) for x in X],
    "coordinates": lambda X: [sparse.coo_array(x) for x in X],
    "object array": lambda X: object_array([sparse.csc_array(x) for x in X]),
    "series": lambda X: pd.Series([sparse.csr_array(x) for x in X]),
}


@pytest.mark.parametrize("container", SPARSE)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@every_task
def test_sparse_sequences_give_the_same_model(task, solver, container):
    X = [np.where(x > 0.5, x, 0) for x in ragged(n_features=4)]
    y = task.targets(ragged())
    params = {"solver": solver, "bidirectional": True, "truncation_length": 3}
    expected = fitted(task, X, y, **params)
    given = SPARSE[container](X)
    model = fitted(task, given, y, **params)
    assert_allclose(parameters(model), parameters(expected), atol=1e-8)
    assert_allclose(flat_outputs(expected, given), flat_outputs(expected, X))
    assert_allclose(flat_outputs(model, X), flat_outputs(model, given))


@every_task
def test_sparse_table_gives_the_same_model(task):
    table = np.where(np.vstack(ragged()) > 0, 1.0, 0.0)
    y = task.targets([row[None] for row in table])
    y = np.concatenate(y) if task.by_step else y
    expected = fitted(task, table, y)
    given = sparse.csr_array(table)
    model = fitted(task, given, y)
    assert_allclose(parameters(model), parameters(expected), atol=1e-8)
    assert model.predict(given).shape == y.shape
    assert_allclose(flat_outputs(expected, given), flat_outputs(expected, table))


@every_task
def test_sparse_rows_are_embedded_linearly(task):
    ids = tokens()
    y = task.targets(ids)
    one_hot = [sparse.csr_array(np.eye(6)[x]) for x in ids]
    params = {"embedding_size": 3, "dtype": "float64"}
    expected = fitted(task, ids, y, **params)
    model = fitted(task, one_hot, y, **params)
    assert_allclose(parameters(model), parameters(expected), rtol=1e-6, atol=1e-8)
    assert model.n_features_in_ == 6
    half = [0.5 * x for x in one_hot]
    before = flat_outputs(model, one_hot)
    model.embedding_[...] *= 2
    assert_allclose(flat_outputs(model, half), before, rtol=1e-9)


@every_task
def test_token_containers_give_the_same_model(task):
    X = tokens()
    y = task.targets(X)
    expected = fitted(task, X, y, embedding_size=3)
    for other in (
        [ids.tolist() for ids in X],
        [ids[:, None] for ids in X],
        object_array(X),
        [ids.astype(np.uint8) for ids in X],
        [ids.astype(object) for ids in X],
    ):
        assert_same_model(fitted(task, other, y, embedding_size=3), expected)
        assert_array_equal(flat_outputs(expected, other), flat_outputs(expected, X))
    assert expected.embedding_.shape == (6, 3)


@every_task
def test_even_token_containers_give_the_same_model(task):
    X = tokens(EVEN)
    y = task.targets(X)
    expected = fitted(task, X, y, embedding_size=3)
    table = np.stack(X)
    for other in (table, table.astype(object), table[:, :, None], pd.DataFrame(table)):
        assert_same_model(fitted(task, other, y, embedding_size=3), expected)
        assert_array_equal(flat_outputs(expected, other), flat_outputs(expected, X))


@every_task
def test_several_ids_a_step_add_up(task):
    first, second = tokens(seed=1), tokens(seed=2)
    X = [np.column_stack(pair) for pair in zip(first, second)]
    y = task.targets(X)
    params = {"embedding_size": 3, "dtype": "float64"}
    model = fitted(task, X, y, **params)
    assert model.n_features_in_ == 2
    swapped = [ids[:, ::-1] for ids in X]
    assert_allclose(flat_outputs(model, swapped), flat_outputs(model, X), rtol=1e-9)
    twin = fitted(task, swapped, y, **params)
    assert_allclose(parameters(twin), parameters(model), rtol=1e-6, atol=1e-9)
    model.embedding_[0] = 0
    model.embedding_[3] = model.embedding_[1] + model.embedding_[2]
    assert_allclose(
        flat_outputs(model, [np.array([[4, 5], [1, 2]])]),
        flat_outputs(model, [np.array([[4, 5], [3, 0]])]),
        rtol=1e-9,
    )


@every_task
def test_unseen_token_is_the_unknown_one(task):
    X = tokens()
    model = fitted(task, X, embedding_size=3)
    unseen = [np.where(ids == 5, 77, ids) for ids in X]
    unknown = [np.where(ids == 5, 0, ids) for ids in X]
    assert_array_equal(flat_outputs(model, unseen), flat_outputs(model, unknown))
    assert not np.array_equal(flat_outputs(model, unknown), flat_outputs(model, X))


# -- predictions -------------------------------------------------------------------


@pytest.mark.parametrize("bidirectional", [False, True])
@every_task
def test_prediction_does_not_depend_on_the_company(task, bidirectional):
    X = ragged()
    model = fitted(task, X, bidirectional=bidirectional, n_layers=2)
    together = flat_outputs(model, X)
    alone = [flat_outputs(model, [x]) for x in X]
    assert_allclose(np.concatenate(alone), together, rtol=1e-12, atol=1e-12)
    assert not np.allclose(alone[0][-1], alone[1][-1])


@every_task
def test_prediction_keeps_the_order_of_the_caller(task):
    X = ragged(seed=3)
    model = fitted(task, ragged())
    order = np.random.default_rng(0).permutation(len(X))
    expected = model.predict(X)[order]
    predicted = model.predict([X[i] for i in order])
    for one, other in zip(predicted, expected):
        assert_array_equal(one, other)
    if task.by_step:
        assert [len(y) for y in predicted] == [LENGTHS[i] for i in order]


LONG = (40, 3, 33, 1, 17, 40, 2, 9)


def bounded(monkeypatch, n_rows):
    """Let a forward pass hold so few steps only; return the sizes of its pieces."""
    sizes = []
    gather = prediction.gather_rows

    def recording(X, piece, workspace):
        sizes.append(piece.n_rows)
        return gather(X, piece, workspace)

    for module in (network_module, loop, prediction):
        monkeypatch.setattr(module, "N_ROWS_FORWARD", n_rows)
    monkeypatch.setattr(prediction, "gather_rows", recording)
    return sizes


@pytest.mark.parametrize("n_rows", [1, 8, 50])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    ("task", "pooling"),
    [(TASKS[0], pooling) for pooling in POOLINGS] + [(TASKS[1], None)],
    ids=lambda value: str(value),
)
def test_large_inputs_are_worked_through_in_pieces(
    task, pooling, bidirectional, n_rows, monkeypatch
):
    X = ragged(LONG)
    params = {"pooling": pooling} if pooling else {}
    model = fitted(task, X, bidirectional=bidirectional, n_layers=2, **params)
    expected = flat_outputs(model, X)
    sizes = bounded(monkeypatch, n_rows)
    assert_allclose(flat_outputs(model, X), expected, rtol=1e-12, atol=1e-12)
    assert len(sizes) > 1
    assert sum(sizes) == sum(LONG)
    if not bidirectional and pooling in (None, "last"):
        # A step of all the sequences of a batch at least, of which 128 rows count.
        assert max(sizes) <= max(n_rows, len(LONG))
    else:
        assert max(sizes) <= max(n_rows + max(LONG), max(LONG))


@pytest.mark.parametrize("bidirectional", [False, True])
@every_task
def test_lbfgs_in_pieces_finds_the_same(task, bidirectional, monkeypatch):
    X = ragged(LONG)
    params = {"solver": "lbfgs", "bidirectional": bidirectional, "max_iter": 3}
    expected = fitted(task, X, **params)
    bounded(monkeypatch, 8)
    model = fitted(task, X, **params)
    assert_allclose(model.loss_curve_, expected.loss_curve_, rtol=1e-9)
    assert_allclose(parameters(model), parameters(expected), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("bidirectional", [False, True])
@every_task
def test_several_threads_predict_the_same(task, bidirectional, monkeypatch):
    X = ragged(LONG)
    model = fitted(task, X, bidirectional=bidirectional)
    sizes = bounded(monkeypatch, 8)
    expected = flat_outputs(model, X)
    assert len(sizes) > 2
    assert_array_equal(flat_outputs(model.set_params(n_jobs=2), X), expected)


# -- what fit and predict leave alone ----------------------------------------------


def state(model):
    """All attributes, as bytes."""
    return {name: pickle.dumps(value) for name, value in vars(model).items()}


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_fit_changes_neither_inputs_nor_parameters(task, solver):
    X = ragged()
    given = pad(X), task.targets(X), np.linspace(1, 2, len(X))
    before = copy.deepcopy(given)
    model = task.make(solver=solver, early_stopping=True, validation_fraction=0.4)
    params = model.get_params()
    assert model.fit(*given) is model
    assert model.get_params() == params
    for one, other in zip(given, before):
        for a, b in zip(one, other):
            assert_array_equal(a, b)


@every_task
def test_fit_keeps_no_hold_of_a_table(task):
    table = np.vstack(ragged())
    y = np.concatenate(task.targets(ragged())) if task.by_step else table[:, 0] > 0
    model = task.make().fit(table, y)
    expected = flat_outputs(model, table.copy())
    table[...] = 0
    assert_array_equal(flat_outputs(model, np.vstack(ragged())), expected)


@every_task
def test_predict_does_not_change_the_estimator(task):
    X = ragged()
    y = task.targets(X)
    model = fitted(task, X, y, dropout=0.5)
    before = state(model)
    first = flat_outputs(model, X)
    model.predict(X)
    model.score(X, y)
    assert_array_equal(flat_outputs(model, X), first)
    assert state(model) == before


@every_task
def test_attributes_of_an_unfitted_estimator(task):
    model = task.make()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.predict(ragged())
    for name in ("coefs_", "intercepts_", "output_coef_"):
        with pytest.raises(NotFittedError):
            getattr(model, name)
    assert not [name for name in vars(model) if name.endswith("_")]


# -- seeds, types, copies ----------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_same_seed_same_model(task, solver):
    X = ragged()
    params = {"solver": solver, "dropout": 0.3, "batch_size": 4}
    model = fitted(task, X, **params)
    assert_same_model(fitted(task, X, **params), model)
    generator = np.random.RandomState(0)
    assert_same_model(fitted(task, X, **params, random_state=generator), model)
    for other in (1, None):
        differs = fitted(task, X, **params, random_state=other)
        assert not np.allclose(parameters(differs), parameters(model))


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_dtype_follows_the_input(task, solver):
    X = ragged()
    y = task.targets(X)
    as_given = {
        np.float32: [x.astype(np.float32) for x in X],
        np.float64: X,
    }
    for dtype, given in as_given.items():
        model = fitted(task, given, y, solver=solver)
        assert parameters(model).dtype == dtype
        assert flat_outputs(model, given).dtype == dtype
        assert flat_outputs(model, X).dtype == dtype


@every_task
def test_other_types_become_double(task):
    X = [(10 * x).astype(int) for x in ragged()]
    y = task.targets(X)
    mixed = [x.astype(np.float32 if i else np.float64) for i, x in enumerate(X)]
    double = [x.astype(np.float64) for x in X]
    expected = fitted(task, double, y)
    assert parameters(expected).dtype == np.float64
    for given in (X, mixed, [x.astype(np.int8) for x in X]):
        assert_same_model(fitted(task, given, y), expected)


@every_task
def test_dtype_parameter_overrides(task):
    X = ragged()
    for dtype, name in ((np.float32, "float32"), (np.float64, "float64")):
        for given in (X, [x.astype(np.float32) for x in X]):
            model = fitted(task, given, task.targets(X), dtype=name)
            assert parameters(model).dtype == dtype
            assert flat_outputs(model, given).dtype == dtype
            assert_same_model(fitted(task, given, task.targets(X), dtype=dtype), model)


@every_task
def test_tokens_compute_in_single_precision(task):
    X = tokens()
    assert parameters(fitted(task, X, embedding_size=2)).dtype == np.float32
    model = fitted(task, X, embedding_size=2, dtype="float64")
    assert parameters(model).dtype == np.float64


@every_task
def test_clone_and_parameters_round_trip(task):
    model = fitted(task, ragged(), bidirectional=True, clip_mode="value")
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        twin.predict(ragged())
    assert_same_model(twin.fit(ragged(), task.targets(ragged())), model)
    changed = {"hidden_size": 9, "truncation_length": 3, "dropout": 0.1}
    assert {**model.get_params(), **changed} == model.set_params(**changed).get_params()


@pytest.mark.parametrize(
    "copier", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
@every_task
def test_copies_predict_the_same(task, copier):
    X = ragged()
    model = fitted(task, X, n_layers=2)
    twin = copier(model)
    assert_same_model(twin, model)
    assert_array_equal(flat_outputs(twin, X), flat_outputs(model, X))
    assert twin.loss_curve_ == model.loss_curve_


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@every_task
def test_pickle_is_little_more_than_the_parameters(task, solver):
    model = fitted(task, ragged(), hidden_size=100, max_iter=1, solver=solver)
    assert len(pickle.dumps(model)) <= 1.2 * parameters(model).nbytes


# -- what a fit leaves -------------------------------------------------------------


@pytest.mark.parametrize("embedding_size", [None, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("n_layers", [1, 3])
@every_task
def test_fitted_attributes(task, n_layers, bidirectional, embedding_size):
    X = ragged() if embedding_size is None else tokens()
    model = fitted(
        task,
        X,
        n_layers=n_layers,
        bidirectional=bidirectional,
        embedding_size=embedding_size,
    )
    H, n_directions = 4, 1 + bidirectional
    for layer in range(n_layers):
        n_inputs = n_directions * H if layer else embedding_size or 2
        for d in range(n_directions):
            assert model.coefs_[layer][d].shape == (n_inputs, H)
            assert model.recurrent_coefs_[layer][d].shape == (H, H)
            assert model.intercepts_[layer][d].shape == (H,)
    for letter in (model.coefs_, model.recurrent_coefs_, model.intercepts_):
        assert [len(layer) for layer in letter] == [n_directions] * n_layers
    assert model.output_coef_.shape == (n_directions * H, 1)
    assert model.output_intercept_.shape == (1,)
    assert model.n_outputs_ == 1
    assert model.n_features_in_ == (2 if embedding_size is None else 1)
    assert hasattr(model, "embedding_") == (embedding_size is not None)
    if embedding_size is not None:
        assert model.embedding_.shape == (6, 3)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_history_of_a_fit(task, solver):
    model = fitted(task, ragged(), solver=solver, max_iter=5)
    assert model.n_iter_ == 5
    assert model.t_ == 5 * len(LENGTHS)
    for curve in (model.loss_curve_, model.grad_norm_curve_):
        assert len(curve) == 5
        assert np.isfinite(curve).all()
        assert min(curve) > 0
    if solver == "lbfgs":
        assert model.clip_fraction_curve_ is None
    else:
        assert len(model.clip_fraction_curve_) == 5
    assert model.loss_ == model.loss_curve_[-1]
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None


@every_task
def test_verbose_prints_a_line_for_every_epoch(task, capsys):
    model = fitted(task, ragged(), verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_
    for line, loss in zip(lines, model.loss_curve_):
        assert f"{loss:.6f}" in line
    fitted(task, ragged())
    assert capsys.readouterr().out == ""


# -- training ----------------------------------------------------------------------

CROSS = list(
    itertools.product(
        [None, 2],  # truncation_length
        [None, "norm", "value"],
        [False, True],  # bidirectional
        [1, 2],  # n_layers
    )
)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize(
    ("truncation_length", "clip", "bidirectional", "n_layers"), CROSS
)
@every_task
def test_every_combination_trains(
    task, truncation_length, clip, bidirectional, n_layers, solver
):
    X = ragged()
    y = task.targets(X)
    clipping = {"clip_threshold": None} if clip is None else {"clip_mode": clip}
    model = fitted(
        task,
        X,
        y,
        truncation_length=truncation_length,
        bidirectional=bidirectional,
        n_layers=n_layers,
        solver=solver,
        learning_rate_init=0.02,
        max_iter=15,
        **clipping,
    )
    assert model.loss_curve_[-1] < 0.97 * model.loss_curve_[0]
    assert np.isfinite(flat_outputs(model, X)).all()
    assert np.isfinite(model.score(X, y))


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "relu", "identity"])
@pytest.mark.parametrize("task", [TASKS[0], TASKS[2]], ids=repr)
def test_every_pooling_and_activation_trains(task, pooling, activation):
    X = ragged()
    losses = fitted(
        task,
        X,
        pooling=pooling,
        activation=activation,
        learning_rate_init=0.02,
        max_iter=15,
    ).loss_curve_
    assert losses[-1] < 0.97 * losses[0]


def changes(task, name, value, **others):
    """Whether a parameter changes what is learned."""
    X = ragged()
    plain = fitted(task, X, **others)
    changed = fitted(task, X, **{**others, name: value})
    return not np.allclose(parameters(plain), parameters(changed), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "value", "others"),
    [
        ("activation", "relu", {}),
        ("truncation_length", 1, {}),
        ("clip_threshold", 0.01, {"solver": "sgd"}),
        ("clip_mode", "value", {"solver": "sgd", "clip_threshold": 0.01}),
        ("dropout", 0.5, {}),
        ("solver", "sgd", {}),
        ("alpha", 1.0, {}),
        ("alpha", 1.0, {"solver": "lbfgs"}),
        ("batch_size", 2, {}),
        ("learning_rate_init", 0.1, {}),
        ("learning_rate", "cosine", {}),
        ("learning_rate", "invscaling", {"solver": "sgd"}),
        ("power_t", 0.1, {"learning_rate": "invscaling"}),
        ("shuffle", False, {"batch_size": 4}),
        ("momentum", 0.1, {"solver": "sgd"}),
        ("nesterovs_momentum", False, {"solver": "sgd"}),
        ("beta_1", 0.1, {}),
        ("beta_2", 0.1, {}),
        ("epsilon", 0.1, {}),
        ("early_stopping", True, {"validation_fraction": 0.3}),
        ("validation_fraction", 0.5, {"early_stopping": True}),
    ],
)
@every_task
def test_parameter_has_an_effect(task, name, value, others):
    others = {"validation_fraction": 0.3, **others}
    assert changes(task, name, value, **others)


def one_update(task, learning_rate_init, **params):
    """The parameters after a single update by plain gradient descent."""
    model = fitted(
        task,
        ragged(),
        solver="sgd",
        momentum=0,
        max_iter=1,
        learning_rate_init=learning_rate_init,
        **params,
    )
    return model, parameters(model)


@every_task
def test_clipping_bounds_the_step(task):
    def step(**params):
        return one_update(task, 1.0, **params)[1] - one_update(task, 2.0, **params)[1]

    model, _ = one_update(task, 1.0, clip_threshold=None)
    gradient = step(clip_threshold=None)
    norm = np.linalg.norm(gradient)
    assert_allclose(model.grad_norm_curve_, [norm], rtol=1e-9)
    assert_allclose(step(clip_threshold=norm / 3), gradient / 3, atol=1e-12)
    assert_allclose(step(clip_threshold=norm * 3), gradient, atol=1e-12)
    for share, clipped in ((1 / 3, 1.0), (3, 0.0)):
        model, _ = one_update(task, 1.0, clip_threshold=norm * share)
        assert model.clip_fraction_curve_ == [clipped]
    limit = np.abs(gradient).max() / 3
    assert_allclose(
        step(clip_threshold=limit, clip_mode="value"),
        gradient.clip(-limit, limit),
        atol=1e-12,
    )


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_penalty_shrinks_the_weights(task, solver):
    def weights(alpha):
        params = {"solver": solver, "max_iter": 30, "learning_rate_init": 0.03}
        model = fitted(task, ragged(), alpha=alpha, **params)
        layers = model.coefs_ + model.recurrent_coefs_
        return sum(np.square(array).sum() for layer in layers for array in layer)

    assert weights(20.0) < 0.9 * weights(0.0)


@every_task
def test_dropout_leaves_predictions_alone(task):
    X = ragged()
    model = fitted(task, X, dropout=0.9, n_layers=2)
    assert_array_equal(flat_outputs(model, X), flat_outputs(model, X))
    dry = fitted(task, X, dropout=0.0, n_layers=2)
    twin = copy.deepcopy(dry).set_params(dropout=0.9)
    assert_array_equal(flat_outputs(twin, X), flat_outputs(dry, X))


# -- weights -----------------------------------------------------------------------

FULL_BATCH = [
    {"solver": "lbfgs", "max_iter": 5},
    {"solver": "sgd", "batch_size": 100, "max_iter": 5},
    {"solver": "adam", "batch_size": 100, "max_iter": 5, "truncation_length": 3},
]


@pytest.mark.parametrize("params", FULL_BATCH, ids=lambda p: p["solver"])
@pytest.mark.parametrize("bidirectional", [False, True])
@every_task
def test_weight_of_two_equals_twice(task, bidirectional, params):
    X = ragged()
    y = list(task.targets(X))
    weights = np.ones(len(X))
    weights[[1, 3, 4]] = 2, 2, 0
    repeated = np.repeat(np.arange(len(X)), weights.astype(int))
    weighted = fitted(task, X, y, weights, bidirectional=bidirectional, **params)
    twice = fitted(
        task,
        [X[i] for i in repeated],
        [y[i] for i in repeated],
        bidirectional=bidirectional,
        **params,
    )
    assert_allclose(parameters(weighted), parameters(twice), atol=1e-7)
    assert_allclose(weighted.loss_curve_, twice.loss_curve_, atol=1e-7)
    plain = fitted(task, X, y, bidirectional=bidirectional, **params)
    assert not np.allclose(parameters(plain), parameters(twice), atol=1e-5)
    assert_allclose(
        weighted.score(X, y, weights),
        weighted.score([X[i] for i in repeated], [y[i] for i in repeated]),
        rtol=1e-12,
    )


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_equal_weights_are_no_weights(task, solver):
    X = ragged()
    plain = fitted(task, X, solver=solver, alpha=0)
    for weights in (np.ones(len(X)), [1] * len(X), np.full(len(X), 3.0)):
        weighted = fitted(task, X, None, weights, solver=solver, alpha=0)
        assert_allclose(parameters(weighted), parameters(plain), atol=1e-6)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@every_task
def test_batches_of_no_weight_are_passed_over(task, solver):
    X = ragged()
    weights = np.zeros(len(X))
    weights[:2] = 1
    params = {"solver": solver, "batch_size": 1, "shuffle": False}
    model = fitted(task, X, list(task.targets(X)), weights, **params)
    expected = fitted(task, X[:2], list(task.targets(X))[:2], **params)
    assert_allclose(parameters(model), parameters(expected), atol=1e-12)


# -- when to stop ------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_too_few_epochs_give_a_warning(task, solver):
    with pytest.warns(ConvergenceWarning, match=r"iterations \(3\) reached") as caught:
        fitted(task, ragged(), solver=solver, max_iter=3, n_iter_no_change=10)
    assert len(caught) == 1
    assert "n_iter_no_change=np.inf" in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_fixed_budget_gives_no_warning(task, solver):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fitted(task, ragged(), solver=solver, max_iter=3)
    assert model.n_iter_ == 3


@pytest.mark.parametrize("n_iter_no_change", [1, 4])
@every_task
def test_stops_without_improvement(task, n_iter_no_change):
    params = {"tol": 1e9, "n_iter_no_change": n_iter_no_change, "max_iter": 50}
    model = fitted(task, ragged(), **params)
    table = np.vstack(ragged())
    known = MLPClassifier(2, **params).fit(table, table[:, 0] > 0)
    assert model.n_iter_ == known.n_iter_ == len(model.loss_curve_)


@every_task
def test_lbfgs_stops_at_a_small_gradient(task):
    model = fitted(
        task, ragged(), solver="lbfgs", tol=0.1, max_iter=500, n_iter_no_change=10
    )
    assert model.n_iter_ < 500
    finer = fitted(task, ragged(), solver="lbfgs", tol=1e-3, max_iter=500)
    assert finer.n_iter_ > model.n_iter_
    assert finer.loss_ < model.loss_


MANY = tuple(1 + i % 7 for i in range(40))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@every_task
def test_early_stopping_keeps_the_best(task, solver):
    X = ragged(MANY)
    params = {
        "solver": solver,
        "learning_rate_init": 1.0,
        "early_stopping": True,
        "validation_fraction": 0.25,
    }
    model = fitted(task, X, max_iter=20, **params)
    scores = model.validation_scores_
    assert len(scores) == 20
    assert model.best_validation_score_ == max(scores)
    assert model.best_loss_ is None
    best = int(np.argmax(scores))
    assert best < 19
    assert_same_model(fitted(task, X, max_iter=best + 1, **params), model)
    assert len(model.loss_curve_) == 20


@every_task
def test_early_stopping_stops(task):
    X = ragged(MANY)
    params = {"early_stopping": True, "tol": 1e9, "max_iter": 50}
    model = fitted(task, X, **params, n_iter_no_change=2)
    assert model.n_iter_ < 10
    assert len(model.validation_scores_) == len(model.loss_curve_) == model.n_iter_


@every_task
def test_early_stopping_with_lbfgs(task):
    X = ragged(MANY)
    model = fitted(
        task,
        X,
        solver="lbfgs",
        early_stopping=True,
        tol=1e-8,
        n_iter_no_change=3,
        max_iter=400,
    )
    assert model.n_iter_ < 400
    assert model.best_validation_score_ == max(model.validation_scores_)


@every_task
def test_early_stopping_trains_on_the_rest(task):
    X = ragged(MANY)
    model = fitted(task, X, early_stopping=True, validation_fraction=0.25)
    assert model.t_ == 30 * model.n_iter_


# -- learning rates ----------------------------------------------------------------


def rates(monkeypatch, task, **params):
    """The learning rate of each epoch of one batch."""
    seen = []
    update = Momentum.update

    def recording(self, *args):
        seen.append(self.learning_rate)
        return update(self, *args)

    monkeypatch.setattr(Momentum, "update", recording)
    model = fitted(task, ragged(), solver="sgd", learning_rate_init=0.4, **params)
    return np.array(seen), model


@every_task
def test_learning_rate_schedules(task, monkeypatch):
    n = len(LENGTHS)
    constant, _ = rates(monkeypatch, task)
    assert_array_equal(constant, np.full(4, 0.4))
    scaled, _ = rates(monkeypatch, task, learning_rate="invscaling", power_t=0.5)
    assert_allclose(scaled, 0.4 / np.sqrt(1 + n * np.arange(4)))
    cosine, _ = rates(monkeypatch, task, learning_rate="cosine")
    assert_allclose(cosine, 0.2 * (1 + np.cos(np.pi * np.arange(4) / 4)))


@every_task
def test_adaptive_rate_falls_when_stalled(task, monkeypatch):
    params = {"tol": 1e9, "n_iter_no_change": 1, "max_iter": 100}
    seen, model = rates(monkeypatch, task, learning_rate="adaptive", **params)
    assert model.n_iter_ < 100
    falls = seen[1:] / seen[:-1]
    assert set(np.round(falls, 9)) == {0.2, 1.0}
    assert seen[0] == 0.4
    assert seen[-1] < 1e-6
    constant, model = rates(monkeypatch, task, **params)
    assert len(constant) == model.n_iter_ < len(seen)


# -- going on ----------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_warm_start_goes_on(task, solver):
    X = ragged()
    y = task.targets(X)
    model = task.make(
        solver=solver, warm_start=True, max_iter=5, learning_rate_init=0.02
    )
    first = copy.deepcopy(model.fit(X, y))
    model.fit(X, y)
    assert model.n_iter_ == 5
    assert model.t_ == 10 * len(X)
    assert model.loss_curve_[:5] == first.loss_curve_
    assert len(first.loss_curve_) == 5
    assert len(model.loss_curve_) == len(model.grad_norm_curve_) == 10
    assert model.loss_ < first.loss_
    anew = clone(model).set_params(warm_start=False).fit(X, y).fit(X, y)
    assert_same_model(anew, first)
    assert anew.loss_curve_ == first.loss_curve_


@every_task
def test_warm_start_may_change_how_it_trains(task):
    X = ragged()
    model = fitted(task, X, warm_start=True)
    before = parameters(model).copy()
    model.set_params(solver="sgd", learning_rate_init=1e-9, truncation_length=2)
    model.fit(X, task.targets(X))
    assert_allclose(parameters(model), before, atol=1e-6)


@pytest.mark.parametrize(
    "change", [{"hidden_size": 5}, {"n_layers": 2}, {"bidirectional": True}]
)
@every_task
def test_warm_start_refuses_another_shape(task, change):
    X = ragged()
    y = task.targets(X)
    model = fitted(task, X, y, warm_start=True)
    before = parameters(model).copy()
    with pytest.raises(ValueError, match="warm_start=True goes on") as caught:
        model.set_params(**change).fit(X, y)
    assert "warm_start=False" in str(caught.value)
    assert_array_equal(parameters(model), before)
    with pytest.raises(ValueError, match="X has 3 features, but .* expecting 2"):
        model.set_params(hidden_size=4).fit(ragged(n_features=3), y)


# -- endings -----------------------------------------------------------------------


def interrupt_after(monkeypatch, n_calls):
    """Let the user press Ctrl-C after so many batches."""
    calls = itertools.count()
    loss_and_gradient = Network.loss_and_gradient

    def interrupted(self, *args, **kwargs):
        if next(calls) == n_calls:
            raise KeyboardInterrupt
        return loss_and_gradient(self, *args, **kwargs)

    monkeypatch.setattr(Network, "loss_and_gradient", interrupted)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@every_task
def test_interrupt_keeps_the_model(task, solver, monkeypatch):
    X = ragged()
    y = task.targets(X)
    interrupt_after(monkeypatch, 8)
    model = task.make(solver=solver, max_iter=50, batch_size=4)
    with pytest.warns(UserWarning, match="interrupted by user after") as caught:
        model.fit(X, y)
    assert caught[0].filename == __file__
    assert 0 < model.n_iter_ < 10
    assert len(model.loss_curve_) == model.n_iter_
    assert np.isfinite(flat_outputs(model, X)).all()
    assert model.n_features_in_ == 2


@every_task
def test_interrupt_at_once(task, monkeypatch):
    X = ragged()
    interrupt_after(monkeypatch, 0)
    model = task.make()
    with pytest.warns(UserWarning, match="after 0 epochs"):
        model.fit(X, task.targets(X))
    assert model.n_iter_ == 0
    assert model.loss_curve_ == []
    assert model.predict(X).shape == (len(X),)


@every_task
def test_interrupt_with_early_stopping_keeps_the_best(task, monkeypatch):
    X = ragged(MANY)
    params = {"early_stopping": True, "learning_rate_init": 0.3}
    model = task.make(**params, max_iter=50)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 21)
        with pytest.warns(UserWarning, match="interrupted by user after 10 epochs"):
            model.fit(X, task.targets(X))
    best = int(np.argmax(model.validation_scores_))
    assert_same_model(fitted(task, X, **params, max_iter=best + 1), model)


def diverging(task, **params):
    """An estimator whose states explode on long sequences."""
    return task.make(
        activation="identity",
        solver="sgd",
        learning_rate_init=1e3,
        clip_threshold=None,
        max_iter=60,
        **params,
    )


@pytest.mark.parametrize("batch_size", [2, 100])
@every_task
def test_divergence_is_an_error_that_helps(task, batch_size):
    X = ragged((60, 50, 70, 60))
    model = diverging(task, batch_size=batch_size)
    with pytest.raises(FloatingPointError, match=r"diverged in epoch \d+") as caught:
        model.fit(X, task.targets(X))
    message = str(caught.value)
    assert "gradient's norm" in message
    for way_out in ("learning_rate_init", "clip_threshold", "truncation_length"):
        assert way_out in message
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert not [name for name in vars(model) if name.endswith("_")]


@every_task
def test_divergence_tells_the_last_gradient_norm(task):
    # A batch an epoch, so that the epoch that diverges has no norm of its own yet.
    X = ragged((60, 50, 70, 60))
    with pytest.raises(FloatingPointError) as caught:
        diverging(task).fit(X, task.targets(X))
    assert re.search(
        r"diverged in epoch [2-9].*before that, it was \d", str(caught.value)
    )


@pytest.mark.parametrize("warm_start", [False, True])
@every_task
def test_divergence_leaves_an_earlier_fit_as_it_was(task, warm_start):
    X = ragged((60, 50, 70, 60))
    y = task.targets(X)
    model = task.make(activation="identity", warm_start=warm_start).fit(X, y)
    before = state(model)
    outputs = flat_outputs(model, X)
    params = model.get_params()
    model.set_params(**diverging(task).get_params()).set_params(warm_start=warm_start)
    with pytest.raises(FloatingPointError):
        model.fit(X, y)
    assert_array_equal(flat_outputs(model, X), outputs)
    assert state(model.set_params(**params)) == before


@every_task
def test_clipping_prevents_the_divergence(task):
    X = ragged((60, 50, 70, 60))
    model = diverging(task).set_params(clip_threshold=1e-6)
    model.fit(X, task.targets(X))
    assert np.isfinite(model.loss_curve_).all()
