"""What the estimators share: parameters, the recipe of a fit, outputs."""

import copy
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from joblib import effective_n_jobs
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import (
    _check_feature_names,
    _get_feature_names,
    check_is_fitted,
)

from ._callbacks import CallbackHooks
from ._core.initializers import RECURRENT
from ._core.network import N_ROWS_FORWARD, Architecture, Network
from ._core.products import is_picking
from ._core.transforms import Adam, Chain, ClipByNorm, ClipByValue, Momentum
from ._threads import blas_threads_for, n_shards_for, one_blas_thread
from ._training.batches import Dataset
from ._training.loop import StochasticTrainer, fit_lbfgs
from ._training.monitor import Monitor
from ._training.prediction import N_STEPS_FORWARD, predict_outputs
from ._training.schedules import Adaptive, Constant, Cosine, InvScaling
from ._validation import (
    check_same_number,
    check_sequences,
    check_tokens,
    check_weights,
    holds_sparse,
    with_feature_names,
)

DEFAULT_BATCH_SIZE = 32


@dataclass
class Target:
    """What a face makes of `y` for the network.

    Attributes
    ----------
    values : ndarray of shape (n_sequences, ...) or (n_rows, ...)
        As the head's loss takes them.
    head : {"softmax", "logistic", "identity"}
    n_outputs : int
        Columns of V.
    fitted : dict of str to object
        Attributes by which the face decodes outputs; set once the fit succeeds.
    stratify : ndarray of shape (n_sequences,) or None
        Strata of a validation split.
    sample_weight : ndarray of shape (n_sequences,) or None
    class_weight : ndarray of shape (n_classes,) or None
    """

    values: np.ndarray
    head: str
    n_outputs: int
    fitted: dict
    stratify: np.ndarray | None = None
    sample_weight: np.ndarray | None = None
    class_weight: np.ndarray | None = None


class BaseRNN(CallbackSupportMixin, BaseEstimator, ABC):
    """Base of the recurrent estimators.

    A face says how targets are encoded and outputs decoded; all else is here.
    """

    _parameter_constraints: dict = {
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "bidirectional": ["boolean"],
        "activation": [StrOptions({"tanh", "logistic", "relu", "identity"})],
        "recurrent_init": [StrOptions(set(RECURRENT))],
        "spectral_radius": [Interval(Real, 0, None, closed="neither")],
        "embedding_size": [Interval(Integral, 1, None, closed="left"), None],
        "truncation_length": [Interval(Integral, 1, None, closed="left"), None],
        "clip_threshold": [Interval(Real, 0, None, closed="neither"), None],
        "clip_mode": [StrOptions({"norm", "value"})],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "token_dropout": [Interval(Real, 0, 1, closed="left")],
        "solver": [StrOptions({"adam", "sgd", "lbfgs"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive", "cosine"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "dtype": [
            StrOptions({"float32", "float64"}),
            Options(type, {np.float32, np.float64}),
            None,
        ],
        "n_jobs": [Integral, None],
    }

    # -- what a face adds ----------------------------------------------------------

    @property
    @abstractmethod
    def _reads_steps(self):
        """Whether there is a target for every step."""

    @abstractmethod
    def _encode(self, y, X, sample_weight, classes=None):
        """Turn the targets `y` of the `CheckedX` into a `Target`.

        Where there are `classes`, they are given; None: those of `y`.
        """

    def _validation_score(self, outputs, data):
        """Score the network's `outputs` for the `Dataset`; higher is better."""
        raise NotImplementedError

    # -- fit -----------------------------------------------------------------------

    def _fit(self, X, y, sample_weight, *, classes=None, is_partial=False):
        """Fit from the start, or go on from the last fit.

        `is_partial`: go on for one epoch, with the solver's state as well.
        """
        continues = self.__sklearn_is_fitted__() and (self.warm_start or is_partial)
        checked = self._check_X(X, reset=not continues)
        self._check_targets(checked, y)
        self._check_token_dropout(checked)
        weights = sample_weight
        if sample_weight is not None:
            weights = check_weights(sample_weight, checked)
        target = self._encode(y, checked, weights, classes)
        random_state = check_random_state(self.random_state)
        rng = np.random.default_rng(random_state.randint(2**31, size=4))
        data, validation = self._split(checked, target, random_state)
        with blas_threads_for(1, self.hidden_size):
            network = self._make_network(checked, target, rng, continues)
        monitor = self._make_monitor(network, validation, continues)
        max_iter = 1 if is_partial else self.max_iter

        def fitted_attributes():
            return {
                **self._learned(network, monitor),
                **self._seen(X, checked, target, continues),
            }

        monitor.hooks = CallbackHooks(
            self, max_iter, X, y, sample_weight, fitted_attributes
        )
        n_shards, blas_threads = self._plan_threads(data)
        with np.errstate(all="ignore"), blas_threads:
            solver = self._train(
                network, data, monitor, rng, max_iter, is_partial, n_shards
            )
        monitor.restore_best(network.theta)
        self._store(fitted_attributes(), solver if is_partial else None)
        monitor.hooks.end_fit()
        return self

    def _partial_fit(self, X, y, sample_weight, classes=None):
        if self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True, as it sees no whole "
                "data set. Set early_stopping=False."
            )
        return self._fit(X, y, sample_weight, classes=classes, is_partial=True)

    def _classes_of_all_parts(self, classes):
        """Return the labels of all calls of `partial_fit`, told in the first one.

        None where they were not told.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' can't be told from a part of the data in "
                "partial_fit. Give the weights as a dict."
            )
        if classes is not None:
            classes = np.unique(classes)
        if not self.__sklearn_is_fitted__():
            return classes
        if classes is not None and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"classes={classes.tolist()} is not what it was in the first call to "
                f"partial_fit or in fit, {self.classes_.tolist()}. Leave it out."
            )
        return self.classes_

    def _check_X(self, X, reset):
        """Validate `X`, against what was seen in `fit` unless `reset`."""
        named = with_feature_names(X)
        if not reset and (named is X or hasattr(self, "feature_names_in_")):
            _check_feature_names(self, named, reset=False)
        if self.embedding_size is not None and not holds_sparse(X):
            n_tokens = None if reset else self._architecture.n_tokens
            checked = check_tokens(X, n_tokens)
        else:
            dtype = self.dtype if reset else self._theta.dtype
            checked = check_sequences(X, dtype=dtype, estimator=self)
        if not reset and checked.is_table and self._longest_seen > 1:
            warnings.warn(
                f"X is 2-D, and so {len(checked.sequences)} sequences of one step; "
                f"{type(self).__name__} was fitted on sequences of up to "
                f"{self._longest_seen}. If X is one sequence, pass a list of it, [X]; "
                "if not, a list of arrays of shape (1, n_features).",
                stacklevel=4,
            )
        if not reset and checked.n_features != self.n_features_in_:
            raise ValueError(
                f"X has {checked.n_features} features, but {type(self).__name__} is "
                f"expecting {self.n_features_in_} features as input (at every step)."
            )
        return checked

    def _check_targets(self, checked, y):
        """Refuse targets that are not as many as the sequences."""
        check_same_number(checked, y)

    def _check_token_dropout(self, checked):
        rows = checked.sequences.rows
        if self.token_dropout and (sparse.issparse(rows) or rows.dtype.kind == "f"):
            raise ValueError(
                f"token_dropout={self.token_dropout} replaces token ids, but X holds "
                "numbers. Set token_dropout=0; or give token ids, and embedding_size."
            )

    def _split(self, checked, target, random_state):
        """Set a validation part aside where `early_stopping` asks for it."""
        data = Dataset(
            checked.sequences,
            target.values,
            by_step=self._reads_steps,
            weights=target.sample_weight,
            class_weight=target.class_weight,
        )
        if not self.early_stopping:
            _refuse_weightless(data)
            return data, None
        # Imported here for a quick import of skrnn, as are the metrics elsewhere.
        from sklearn.model_selection import train_test_split

        try:
            train, held_out = train_test_split(
                np.arange(len(data.X)),
                test_size=self.validation_fraction,
                stratify=target.stratify,
                random_state=random_state,
            )
        except ValueError as error:
            raise ValueError(
                f"early_stopping=True can't set a validation part aside: {error}. "
                "Change validation_fraction, give each class two sequences or more, or "
                "set early_stopping=False."
            ) from error
        if len(held_out) < 2:
            raise ValueError(
                f"The validation set has {len(held_out)} sequence; it needs at least "
                "2. Increase validation_fraction, or set early_stopping=False."
            )
        parts = data.subset(np.sort(train)), data.subset(np.sort(held_out))
        for part in parts:
            _refuse_weightless(part)
        return parts

    def _make_network(self, checked, target, rng, continues):
        architecture = Architecture(
            n_features=checked.n_features,
            n_outputs=target.n_outputs,
            head=target.head,
            hidden_size=self.hidden_size,
            n_layers=self.n_layers,
            bidirectional=self.bidirectional,
            activation=self.activation,
            pooling=None if self._reads_steps else self.pooling,
            n_tokens=self._n_tokens(checked, continues),
            embedding_size=self.embedding_size,
            truncation_length=self.truncation_length,
            dropout=self.dropout,
            token_dropout=self.token_dropout,
        )
        if not continues:
            dtype = self.dtype
            if dtype is None:
                dtype = checked.sequences.rows.dtype
                dtype = dtype if dtype.kind == "f" else np.float32
            return Network.from_seed(
                architecture,
                np.dtype(dtype),
                rng,
                self.recurrent_init,
                self.spectral_radius,
            )
        if architecture.layout().shapes != self._architecture.layout().shapes or any(
            not np.array_equal(value, getattr(self, name))
            for name, value in target.fitted.items()
        ):
            raise ValueError(
                "warm_start=True goes on from the last fit, but the network would "
                "have another shape or other classes now. Keep hidden_size, n_layers, "
                "bidirectional, embedding_size and the classes or outputs as they "
                "were, or set warm_start=False."
            )
        return Network(architecture, self._theta.copy())

    def _n_tokens(self, checked, continues):
        if self.embedding_size is None:
            return None
        if continues:
            return self._architecture.n_tokens
        rows = checked.sequences.rows
        return rows.shape[1] if sparse.issparse(rows) else int(rows.max()) + 1

    def _make_monitor(self, network, validation, continues):
        def validate():
            return self._validate(network, validation)

        return Monitor(
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            validate=None if validation is None else validate,
            verbose=self.verbose,
            history=copy.deepcopy(self._history) if continues else None,
            best_theta=network.theta.copy() if continues else None,
        )

    def _validate(self, network, validation):
        """Score the network on the validation part; higher is better."""
        outputs = predict_outputs(network.architecture, network.theta, validation.X)
        return float(self._validation_score(outputs, validation))

    def _plan_threads(self, data):
        """Number of shards of a batch, and the context that sets BLAS's threads."""
        work = self._n_at_once(len(data.X)), self.hidden_size
        is_dense = not is_picking(data.X.rows)
        n_shards = n_shards_for(*work) if is_dense and self.solver != "lbfgs" else 1
        return n_shards, one_blas_thread() if n_shards > 1 else blas_threads_for(*work)

    def _train(self, network, data, monitor, rng, max_iter, is_partial, n_shards):
        """Run the solver; warn where it ends early or without convergence."""
        solver = self._make_solver(network, is_partial)
        try:
            if self.solver == "lbfgs":
                has_converged = fit_lbfgs(
                    network,
                    data,
                    alpha=self.alpha,
                    max_iter=max_iter,
                    tol=self.tol,
                    monitor=monitor,
                )
            else:
                trainer = self._make_trainer(network, data, solver, rng, n_shards)
                has_converged = trainer.fit(max_iter, monitor)
        except KeyboardInterrupt:
            warnings.warn(
                f"Training interrupted by user after {monitor.n_iter} epochs; the "
                "model is kept as it is.",
                stacklevel=5,
            )
            return solver
        is_budget = is_partial or np.isinf(self.n_iter_no_change)
        if not has_converged and not is_budget:
            warnings.warn(
                f"Maximum iterations ({max_iter}) reached and the optimization "
                "hasn't converged yet. Raise max_iter or tol, or say by "
                "n_iter_no_change=np.inf that max_iter is meant as a fixed budget.",
                ConvergenceWarning,
                stacklevel=5,
            )
        return solver

    def _make_solver(self, network, is_partial):
        """Make the solver, with the state of the last `partial_fit` if there is one."""
        if self.solver == "lbfgs":
            return None
        if self.solver == "adam":
            solver = Adam(
                self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon
            )
        else:
            solver = Momentum(
                self.learning_rate_init, self.momentum, self.nesterovs_momentum
            )
        last = getattr(self, "_solver", None)
        if is_partial and type(last) is type(solver):
            return copy.deepcopy(last)
        solver.init(network.theta.size, network.theta.dtype)
        return solver

    def _n_at_once(self, n_sequences):
        """How many sequences a batch holds."""
        if self.solver == "lbfgs":
            return n_sequences
        is_auto = self.batch_size == "auto"
        return min(n_sequences, DEFAULT_BATCH_SIZE if is_auto else self.batch_size)

    def _make_trainer(self, network, data, solver, rng, n_shards):
        return StochasticTrainer(
            network,
            data,
            alpha=self.alpha,
            batch_size=self._n_at_once(len(data.X)),
            shuffle=self.shuffle,
            transform=Chain(*self._make_clipping(), solver),
            solver=solver,
            schedule=self._make_schedule(),
            rng=rng,
            n_shards=n_shards,
        )

    def _make_clipping(self):
        if self.clip_threshold is None:
            return []
        clip = {"norm": ClipByNorm, "value": ClipByValue}[self.clip_mode]
        return [clip(self.clip_threshold)]

    def _make_schedule(self):
        if self.learning_rate == "invscaling":
            return InvScaling(self.learning_rate_init, self.power_t)
        schedule = {"constant": Constant, "adaptive": Adaptive, "cosine": Cosine}
        return schedule[self.learning_rate](self.learning_rate_init)

    def _learned(self, network, monitor):
        """Attributes that training gives, as they are now."""
        history = monitor.history
        validated = monitor.validate is not None
        return {
            "_architecture": network.architecture,
            "_theta": network.theta.copy(),
            "_history": history,
            "n_iter_": monitor.n_iter,
            "t_": history.n_seen,
            "loss_curve_": history.loss,
            "grad_norm_curve_": history.grad_norm,
            "clip_fraction_curve_": (
                None if self.solver == "lbfgs" else history.clip_fraction
            ),
            "loss_": history.loss[-1] if history.loss else np.inf,
            "best_loss_": None if validated else history.best_loss,
            "validation_scores_": history.validation_scores if validated else None,
            "best_validation_score_": history.best_score if validated else None,
        }

    def _seen(self, X, checked, target, continues):
        """Attributes that `X` and `y` give."""
        seen = {
            "n_features_in_": checked.n_features,
            "n_outputs_": target.n_outputs,
            **target.fitted,
        }
        seen["_longest_seen"] = int(checked.sequences.lengths.max())
        feature_names = _get_feature_names(with_feature_names(X))
        if continues:
            seen["_longest_seen"] = max(seen["_longest_seen"], self._longest_seen)
            feature_names = getattr(self, "feature_names_in_", None)
        if feature_names is not None:
            seen["feature_names_in_"] = feature_names
        return seen

    def _store(self, attributes, solver):
        """Keep what was learned: the first time that a fit changes the estimator."""
        for name in ("feature_names_in_", "_solver"):
            vars(self).pop(name, None)
        for name, value in attributes.items():
            setattr(self, name, value)
        if solver is not None:
            self._solver = solver

    # -- after the fit -------------------------------------------------------------

    def _outputs(self, X, *, before_link=False):
        """Validate `X` and compute the network's outputs for it."""
        check_is_fitted(self)
        checked = self._check_X(X, reset=False)
        n_jobs = self._n_prediction_threads(checked.sequences)
        with one_blas_thread():
            outputs = predict_outputs(
                self._architecture,
                self._theta,
                checked.sequences,
                n_jobs,
                before_link=before_link,
            )
        return outputs, checked

    def _n_prediction_threads(self, X):
        n_jobs = effective_n_jobs(self.n_jobs)
        if self.n_jobs is not None or n_jobs > 1:
            return n_jobs
        n_at_once = min(len(X), N_ROWS_FORWARD // N_STEPS_FORWARD)
        return n_shards_for(n_at_once, self._architecture.hidden_size)

    def _parameter(self, letter):
        check_is_fitted(self)
        return self._architecture.layout().views(self._theta)[letter]

    def _parameters_by_layer(self, letter):
        check_is_fitted(self)
        views = self._architecture.layout().views(self._theta)
        return [
            [views[letter, k, d] for d in range(self._architecture.n_directions)]
            for k in range(self._architecture.n_layers)
        ]

    @property
    def coefs_(self):
        """U by layer and direction, each (n_inputs, hidden_size)."""
        return self._parameters_by_layer("U")

    @property
    def recurrent_coefs_(self):
        """W by layer and direction, each (hidden_size, hidden_size)."""
        return self._parameters_by_layer("W")

    @property
    def intercepts_(self):
        """b by layer and direction, each (hidden_size,)."""
        return self._parameters_by_layer("b")

    @property
    def output_coef_(self):
        """V, (n_directions * hidden_size, n_outputs)."""
        return self._parameter("V")

    @property
    def output_intercept_(self):
        """c, (n_outputs,)."""
        return self._parameter("c")

    @property
    def embedding_(self):
        """E, (n_tokens, embedding_size); only with `embedding_size`."""
        check_is_fitted(self)
        if self._architecture.embedding_size is None:
            raise AttributeError("embedding_ exists only with embedding_size set.")
        return self._parameter("E")

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_theta")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        return tags


def can_fit_partially(estimator):
    """Condition of `partial_fit`: a solver that works batch by batch."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit needs a solver that works batch by batch: 'adam' or 'sgd', "
            "not 'lbfgs'."
        )
    return True


def _refuse_weightless(data):
    if not data.total_weight() > 0:
        raise ValueError(
            "Sample weights and class weights leave no target with a weight above "
            "zero, in all sequences or in a part set aside by early_stopping."
        )
