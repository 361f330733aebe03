"""How far back the gradient reaches: its norm by lag."""

import copy
from math import ceil, log

import numpy as np
from sklearn.utils import Bunch

from .._core.probing import Probe
from .._language_model import RNNLanguageModel
from .._threads import one_blas_thread
from .._training.batches import Dataset
from ._fitted import (
    batches_to_probe,
    check_fitted,
    check_sequences_of,
    direction_name,
    new_axes,
)

# What has changed by three orders of magnitude since lag 0 is decided. Beneath, a step
# moves the weights by a thousandth of what the last one does, less than batches differ
# from each other; above, the farthest steps alone say where an update goes.
DECISIVE = 1e3
# Where the curve changed by one order of magnitude, its slope is worth extrapolating.
TELLING = 10.0
# Lags that fewer of the sequences reach have no say in the verdict.
ENOUGH = 0.1


def gradient_flow(estimator, X, y=None):
    """Compute how the gradient fares on its way back through the states.

    The norm of dL/ds_{t-k}, where L is a sequence's own loss, t the last step and k
    the lag: how strongly the state k steps before the end moves the loss. Each
    application of W and of the activation's slope may shrink or stretch it, so that it
    vanishes or explodes with k [1]_ [2]_.

    It is the total derivative: through the head, the states that follow, and the
    layers above. So where a head pools over the steps, or an upper layer reads the
    sequence from its other end, states far back keep a way of their own to the loss.

    The gradient is that of the whole sequence, in float64; where training truncates
    it, it does not see the lags from `truncation_length` on. Neither weights nor
    penalty take part.

    Parameters
    ----------
    estimator : RNNClassifier, RNNTagger, RNNRegressor or RNNLanguageModel
        Fitted.
    X : list of arrays of shape (n_steps, n_features)
        Sequences in any form that `fit` takes. Documents of a language model are
        taken whole; of a long text give some parts.
    y : array-like
        Their targets, as in `fit`; none for a language model. Where there is a target
        for every step, a direction's L is the loss of its own last step alone (the
        second direction's is the sequence's first step), so that a lag has a meaning.

    Returns
    -------
    flow : Bunch
        With the following attributes; lags count back from each direction's own last
        step, and only sequences longer than k count at lag k.

        norms : ndarray of shape (n_layers, n_directions, n_sequences, n_lags)
            NaN where a sequence has no such lag.
        lower, median, upper : ndarray of shape (n_layers, n_directions, n_lags)
            Quartiles over the sequences.
        n_sequences : ndarray of shape (n_lags,)
            How many count.
        spectral_radii : ndarray of shape (n_layers, n_directions)
            Greatest absolute eigenvalue of each W.
        recurrent_norms : ndarray of shape (n_layers, n_directions)
            Its 2-norm, which bounds what one application does; the slopes of 'tanh',
            'relu' and 'identity' are at most one, of 'logistic' 1/4.
        truncation_length : int or None
            That of the training.
        verdicts : list of list of str
            By layer and direction, of the median over sequences of the norm relative
            to its value at lag 0: it "vanishes by" the lag from which on it is less
            than a thousandth, "explodes from" the lag at which it is above a thousand,
            and else "flows".

    Raises
    ------
    TypeError
        When the estimator is a pipeline, or none of this package.
    ValueError
        When `X` or `y` is not as in `fit`.

    See Also
    --------
    GradientFlowDisplay : The same as a plot.

    References
    ----------
    .. [1] Bengio, Simard and Frasconi, "Learning long-term dependencies with gradient
       descent is difficult", IEEE Transactions on Neural Networks 5 (1994).
    .. [2] Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent
       neural networks", ICML (2013), equation (5).

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.inspection import gradient_flow
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(n, 1)) for n in rng.integers(20, 40, size=50)]
    >>> y = [x[-1, 0] > 0 for x in X]
    >>> model = RNNClassifier(8, activation="identity", max_iter=1, random_state=0,
    ...                       n_iter_no_change=np.inf).fit(X, y)
    >>> model.recurrent_coefs_[0][0][...] = 0.5 * np.eye(8)
    >>> gradient_flow(model, X, y).verdicts
    [['vanishes by lag 10 (a factor of 0.50 a lag)']]
    """
    check_fitted(estimator)
    architecture = estimator._architecture
    checked = check_sequences_of(estimator, X)
    data = Dataset(
        checked.sequences, _targets(estimator, checked, y), architecture.reads_steps
    )
    probe = Probe(architecture, estimator._theta)
    with np.errstate(all="ignore"), one_blas_thread():
        norms = _norms(probe, data)
        lower, median, upper = _quantiles(norms, [0.25, 0.5, 0.75])
        verdicts = [[_verdict(own) for own in layer] for layer in norms]
    weights = [[recurrence.p["W"] for recurrence in layer] for layer in probe.layers]
    return Bunch(
        norms=norms,
        lower=lower,
        median=median,
        upper=upper,
        n_sequences=np.count_nonzero(~np.isnan(norms[0, 0]), axis=0),
        spectral_radii=np.abs(np.linalg.eigvals(weights)).max(axis=-1),
        recurrent_norms=np.linalg.norm(weights, ord=2, axis=(-2, -1)),
        truncation_length=architecture.truncation_length,
        verdicts=verdicts,
    )


def _targets(estimator, checked, y):
    """What the loss takes, of an estimator that is fitted already."""
    if isinstance(estimator, RNNLanguageModel):
        return checked.next_ids
    estimator._check_targets(checked, y)
    # Weights take no part, and 'balanced' ones need not fit the classes in `y`.
    encoder = copy.copy(estimator)
    encoder.class_weight = None
    target = encoder._encode(y, checked, None, getattr(estimator, "classes_", None))
    is_alike = target.n_outputs == estimator.n_outputs_ and all(
        np.array_equal(value, getattr(estimator, name))
        for name, value in target.fitted.items()
    )
    if not is_alike:
        raise ValueError(
            f"y has other classes, or other outputs, than those to which this "
            f"{type(estimator).__name__} was fitted. Give targets of the same kind."
        )
    return target.values


def _norms(probe, data):
    """Norms of dL/ds, (n_layers, n_directions, n_sequences, n_lags)."""
    net, X = probe.architecture, data.X
    places = net.n_layers, net.n_directions
    norms = np.full((*places, len(X), X.lengths.max()), np.nan)
    for members, piece in batches_to_probe(X, net.n_outputs):
        batch = data.gather(members, piece, probe.workspace)
        step = np.repeat(np.arange(piece.lengths[0]), piece.running)
        lag = piece.lengths[piece.sequence] - 1 - step
        by_direction = _gradients_of_directions(probe, batch, piece)
        for k, d in np.ndindex(places):
            found = np.linalg.norm(by_direction[d][k][d], axis=1)
            # Once a gradient is infinite, what comes of it may be no number.
            found[np.isnan(found)] = np.inf
            norms[k, d, members[piece.sequence], lag] = found
    return norms


def _gradients_of_directions(probe, batch, piece):
    """Gradients by all states, of each direction's own loss."""
    n_directions = probe.architecture.n_directions
    if not probe.architecture.reads_steps:
        dS = probe.state_gradients(batch.x, piece, batch.y)
        return [dS] * n_directions
    by_direction = []
    for own_last in (piece.last, slice(len(piece)))[:n_directions]:
        weights = np.zeros(piece.n_rows)
        weights[own_last] = 1
        by_direction.append(probe.state_gradients(batch.x, piece, batch.y, weights))
    return by_direction


def _quantiles(norms, q):
    """Quantiles over the sequences, (n_q, n_layers, n_directions, n_lags)."""
    quantiles = np.nanquantile(norms, q, axis=2)
    quantiles[np.isnan(quantiles)] = np.inf
    return quantiles


def _verdict(norms):
    """Say in words what becomes of the norms (n_sequences, n_lags)."""
    relative = norms[norms[:, 0] > 0]
    if not len(relative):
        return "there is no gradient: these states do not move the loss"
    relative = relative[np.isfinite(relative[:, 0])]
    if not len(relative):
        return "explodes from lag 0: states or loss are no finite numbers"
    relative = relative / relative[:, :1]
    reaching = np.count_nonzero(~np.isnan(relative), axis=0)
    relative = relative[:, reaching >= ENOUGH * len(relative)]
    median = np.nanmedian(relative, axis=0)
    last = len(median) - 1
    if last == 0:
        return "there are no lags: most sequences have one step"
    if median.max() > DECISIVE:
        lag = int(np.argmax(median > DECISIVE))
        return f"explodes from lag {lag} ({_pace(median, lag)})"
    # From there on, for good.
    lag = int(np.flatnonzero(median >= 1 / DECISIVE)[-1]) + 1
    if lag <= last:
        return f"vanishes by lag {lag} ({_pace(median, lag)})"
    flows = f"flows: times {median[last]:.2g} at lag {last} ({_pace(median, last)}"
    if 1 / TELLING < median[last] < TELLING:
        return flows + ")"
    becomes = "vanish by" if median[last] < 1 else "explode from"
    lag = ceil(last * log(DECISIVE) / abs(log(median[last])))
    return f"{flows}, at which it would {becomes} lag {lag})"


def _pace(median, lag):
    return f"a factor of {median[lag] ** (1 / lag):.2f} a lag"


class GradientFlowDisplay:
    """The norm of the gradient by lag: how far back a network can learn from.

    Made by `from_estimator`.

    Parameters
    ----------
    flow : Bunch
        As `gradient_flow` gives.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of list of matplotlib Line2D
        The medians, by layer and direction.
    cut_ : matplotlib Line2D or None
        Where training truncates the gradient; None where it does not on these lags.

    See Also
    --------
    gradient_flow : The arrays alone.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.inspection import GradientFlowDisplay
    >>> X = [np.full((n, 1), n % 2) for n in range(10, 20)]
    >>> y = [n % 2 for n in range(10, 20)]
    >>> model = RNNClassifier(8, solver="lbfgs", random_state=0).fit(X, y)
    >>> display = GradientFlowDisplay.from_estimator(model, X, y)
    >>> display.flow.median.shape
    (1, 1, 19)
    """

    def __init__(self, flow):
        self.flow = flow

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None):
        """Plot the gradient flow of a fitted estimator.

        Parameters
        ----------
        estimator, X, y
            As in `gradient_flow`.
        ax : matplotlib Axes, default=None
            None: of a new figure.

        Returns
        -------
        display : GradientFlowDisplay
        """
        return cls(gradient_flow(estimator, X, y)).plot(ax)

    def plot(self, ax=None):
        """Draw the medians, and the quartiles as bands, on a logarithmic scale.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: of a new figure.

        Returns
        -------
        display : GradientFlowDisplay
        """
        self.ax_ = ax = new_axes(f"{type(self).__name__}.plot", ax)
        self.figure_ = ax.figure
        flow, cut = self.flow, self.flow.truncation_length
        n_layers, n_directions, n_lags = flow.median.shape
        self.lines_ = [
            [self._draw(k, d) for d in range(n_directions)] for k in range(n_layers)
        ]
        self.cut_ = None
        if cut is not None and cut < n_lags:
            self.cut_ = ax.axvline(
                cut - 0.5,
                color="0.4",
                linestyle=":",
                label=f"cut in training (truncation_length={cut})",
            )
        ax.set(yscale="log", xlabel="lag k", ylabel=r"norm of $dL/ds_{t-k}$")
        ax.legend(fontsize="small")
        return self

    def _draw(self, k, d):
        flow, lags = self.flow, range(self.flow.median.shape[-1])
        # Nothing is drawn where there is nothing, or too much for a number.
        lower, median, upper = (
            np.where((curve > 0) & np.isfinite(curve), curve, np.nan)
            for curve in (flow.lower[k, d], flow.median[k, d], flow.upper[k, d])
        )
        (line,) = self.ax_.plot(
            lags,
            median,
            color=f"C{k}",
            linestyle="--" if d else "-",
            label=self._label(k, d),
        )
        self.ax_.fill_between(lags, lower, upper, color=f"C{k}", alpha=0.15, lw=0)
        return line

    def _label(self, k, d):
        n_layers, n_directions, _ = self.flow.median.shape
        place = f"layer {k}" if n_layers > 1 else ""
        place = f"{place} {direction_name(d, n_directions)}".strip()
        verdict = self.flow.verdicts[k][d].replace(" (", "\n(").replace(", ", ",\n")
        return (
            f"{place}{': ' * bool(place)}{verdict}\n"
            rf"$\rho(W)$ = {self.flow.spectral_radii[k, d]:.2f}, "
            rf"$\|W\|$ = {self.flow.recurrent_norms[k, d]:.2f}"
        )
