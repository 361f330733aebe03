"""States of a network over the steps of a sequence."""

from numbers import Integral

import numpy as np

from .._threads import one_blas_thread
from .._training.prediction import predict_states
from ._fitted import check_fitted, direction_name, new_axes, own_tokens

# Steps that bear a label; of more, every so-many-th does.
N_LABELS = 40
# So many characters of labels stand side by side.
LABELS_WIDTH = 60


def hidden_states(estimator, X, *, layer=-1):
    """Compute the states of a layer at every step.

    Parameters
    ----------
    estimator : RNNClassifier, RNNTagger, RNNRegressor or RNNLanguageModel
        Fitted.
    X : list of arrays of shape (n_steps, n_features)
        Sequences in any form that its `predict` takes.
    layer : int, default=-1
        Which layer: 0 is the lowest, -1 the top one.

    Returns
    -------
    states : list of ndarray of shape (n_steps, n_directions * hidden_size)
        One for each sequence. The second direction's states, which it has when it has
        read the sequence from its end up to that step, follow those of the first. A
        language model's first step is the mark with which a document begins.

    Raises
    ------
    TypeError
        When the estimator is a pipeline, or none of this package.
    ValueError
        When it has no such layer.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.inspection import hidden_states
    >>> X = [np.zeros((3, 1)), np.ones((5, 1))]
    >>> model = RNNClassifier(4, solver="lbfgs", random_state=0).fit(X, [0, 1])
    >>> [s.shape for s in hidden_states(model, X)]
    [(3, 4), (5, 4)]
    """
    check_fitted(estimator)
    return _states(estimator, X, layer)[0]


def _states(estimator, X, layer):
    """States of each sequence, and the `CheckedX`."""
    n_layers = estimator._architecture.n_layers
    if not isinstance(layer, Integral) or not -n_layers <= layer < n_layers:
        raise ValueError(
            f"layer={layer!r}, but the network has {n_layers} layer(s): give a number "
            f"from 0 to {n_layers - 1}, or from -1 down to {-n_layers}, counted from "
            "the top."
        )
    checked = estimator._check_X(X, reset=False)
    sequences = checked.sequences
    with one_blas_thread():
        rows = predict_states(
            estimator._architecture, estimator._theta, sequences, layer % n_layers
        )
    return [rows[span] for span in sequences.spans()], checked


class HiddenStateDisplay:
    """The states of one sequence over time, as a heat map.

    Made by `from_estimator`.

    Parameters
    ----------
    states : ndarray of shape (n_steps, n_directions * hidden_size)
        As `hidden_states` gives for one sequence.
    labels : sequence of length n_steps, default=None
        Tokens or times, to stand at the steps. None: the steps' numbers.
    n_directions : int, default=1
        Among so many directions the columns are shared out.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    im_ : matplotlib AxesImage
        The heat map.

    See Also
    --------
    hidden_states : The arrays alone.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.inspection import HiddenStateDisplay
    >>> X = [np.zeros((3, 1)), np.ones((5, 1))]
    >>> model = RNNClassifier(4, solver="lbfgs", random_state=0).fit(X, [0, 1])
    >>> display = HiddenStateDisplay.from_estimator(model, X[1])
    >>> display.states.shape
    (5, 4)
    """

    def __init__(self, states, *, labels=None, n_directions=1):
        self.states = states
        self.labels = labels
        self.n_directions = n_directions

    @classmethod
    def from_estimator(
        cls,
        estimator,
        x,
        *,
        layer=-1,
        direction=None,
        labels=None,
        ax=None,
        cmap="RdBu_r",
        colorbar=True,
    ):
        """Plot the states of a fitted estimator over one sequence.

        Parameters
        ----------
        estimator : RNNClassifier, RNNTagger, RNNRegressor or RNNLanguageModel
            Fitted.
        x : array of shape (n_steps, n_features)
            One sequence: numbers, token ids, or for a language model a document.
        layer : int, default=-1
            Which layer: 0 is the lowest, -1 the top one.
        direction : {0, 1}, default=None
            Only the units that read forward, or backward. None: all.
        labels : sequence of length n_steps, default=None
            Tokens or times, to stand at the steps. None: of a language model its
            tokens, else the steps' numbers.
        ax : matplotlib Axes, default=None
            None: of a new figure.
        cmap : str or matplotlib Colormap, default="RdBu_r"
            Its middle is zero.
        colorbar : bool, default=True
            Whether to add a colour bar.

        Returns
        -------
        display : HiddenStateDisplay
        """
        check_fitted(estimator)
        [states], checked = _states(estimator, [x], layer)
        if labels is None and (tokens := own_tokens(estimator, checked)):
            labels = tokens[0]
        elif labels is not None and len(labels) != len(states):
            raise ValueError(
                f"There are {len(labels)} labels, but x has {len(states)} steps. Give "
                "one label for each step."
            )
        n_directions = estimator._architecture.n_directions
        if direction is not None:
            if direction not in range(n_directions):
                raise ValueError(
                    f"direction={direction!r}, but the network has {n_directions} "
                    "direction(s): 0 reads forward, 1 backward. None shows all."
                )
            states = np.split(states, n_directions, axis=1)[direction]
            n_directions = 1
        display = cls(states, labels=labels, n_directions=n_directions)
        return display.plot(ax, cmap=cmap, colorbar=colorbar)

    def plot(self, ax=None, *, cmap="RdBu_r", colorbar=True):
        """Draw the heat map: steps from left to right, a row for each unit.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: of a new figure.
        cmap : str or matplotlib Colormap, default="RdBu_r"
            Its middle is zero.
        colorbar : bool, default=True
            Whether to add a colour bar.

        Returns
        -------
        display : HiddenStateDisplay
        """
        self.ax_ = new_axes(f"{type(self).__name__}.plot", ax)
        self.figure_ = self.ax_.figure
        limit = np.abs(self.states).max() or 1.0
        self.im_ = self.ax_.imshow(
            self.states.T,
            cmap=cmap,
            vmin=-limit,
            vmax=limit,
            aspect="auto",
            interpolation="nearest",
        )
        self._mark_directions()
        self._label_steps()
        if colorbar:
            self.figure_.colorbar(self.im_, ax=self.ax_, label="state")
        return self

    def _mark_directions(self):
        height = self.states.shape[1] // self.n_directions
        if self.n_directions == 1:
            self.ax_.set_ylabel("unit")
            return
        self.ax_.axhline(height - 0.5, color="black", linewidth=1)
        names = [direction_name(d, self.n_directions) for d in range(self.n_directions)]
        self.ax_.set_yticks([(d + 0.5) * height - 0.5 for d in range(len(names))])
        self.ax_.set_yticklabels(names, rotation=90, va="center")
        self.ax_.tick_params(axis="y", length=0)

    def _label_steps(self):
        if self.labels is None:
            self.ax_.set_xlabel("step")
            return
        steps = range(0, len(self.labels), -(-len(self.labels) // N_LABELS))
        labels = [str(self.labels[step]) for step in steps]
        # Longer ones would run into each other.
        is_long = max(map(len, labels)) * len(labels) > LABELS_WIDTH
        slant = {"rotation": 60, "ha": "right"} if is_long else {}
        self.ax_.set_xticks(steps, labels, **slant)
