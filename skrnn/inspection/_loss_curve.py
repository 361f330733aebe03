"""How training went: losses, scores, gradient norms and clipping by epoch."""

import numpy as np
from sklearn.utils._optional_dependencies import check_matplotlib_support

from ._fitted import check_fitted


class LossCurveDisplay:
    """Curves of a training: the loss above, the gradients and their clipping below.

    Made by `from_estimator`.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        Training loss by epoch.
    grad_norm_curve : array-like of shape (n_epochs,)
        Mean norm of the gradients, before clipping.
    validation_scores : array-like of shape (n_epochs,), default=None
        Score on the validation part.
    clip_fraction_curve : array-like of shape (n_epochs,), default=None
        Share of the updates that clipping changed.
    clip_threshold : float, default=None
        The norm to which gradients are clipped.

    Attributes
    ----------
    ax_ : ndarray of shape (2,) of matplotlib Axes
        That of the loss and that of the gradient norms.
    score_ax_, clip_ax_ : matplotlib Axes or None
        Those of the validation scores and of the share of clipped updates, which share
        the epochs with the former and have scales of their own on the right.
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.inspection import LossCurveDisplay
    >>> X = [np.full((n, 1), n % 2) for n in range(1, 41)]
    >>> y = [n % 2 for n in range(1, 41)]
    >>> model = RNNClassifier(8, max_iter=20, n_iter_no_change=np.inf, random_state=0)
    >>> display = LossCurveDisplay.from_estimator(model.fit(X, y))
    >>> display.loss_curve == model.loss_curve_
    True
    """

    def __init__(
        self,
        loss_curve,
        grad_norm_curve,
        *,
        validation_scores=None,
        clip_fraction_curve=None,
        clip_threshold=None,
    ):
        self.loss_curve = loss_curve
        self.grad_norm_curve = grad_norm_curve
        self.validation_scores = validation_scores
        self.clip_fraction_curve = clip_fraction_curve
        self.clip_threshold = clip_threshold

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Plot the training of a fitted estimator.

        Parameters
        ----------
        estimator : RNNClassifier, RNNTagger, RNNRegressor or RNNLanguageModel
            Fitted.
        ax : sequence of two matplotlib Axes, default=None
            For the loss, and for the gradient norms. None: of a new figure.

        Returns
        -------
        display : LossCurveDisplay

        Raises
        ------
        TypeError
            When the estimator is a pipeline, or none of this package.
        """
        check_fitted(estimator)
        clips = estimator.clip_threshold is not None and estimator.solver != "lbfgs"
        # With 'value' the threshold is none of the norm.
        is_of_norm = clips and estimator.clip_mode == "norm"
        display = cls(
            estimator.loss_curve_,
            estimator.grad_norm_curve_,
            validation_scores=estimator.validation_scores_,
            clip_fraction_curve=estimator.clip_fraction_curve_ if clips else None,
            clip_threshold=estimator.clip_threshold if is_of_norm else None,
        )
        return display.plot(ax)

    def plot(self, ax=None):
        """Draw the curves over the epochs.

        Parameters
        ----------
        ax : sequence of two matplotlib Axes, default=None
            For the loss, and for the gradient norms. None: of a new figure.

        Returns
        -------
        display : LossCurveDisplay

        Raises
        ------
        ValueError
            When `ax` is not two axes.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(2, 1, sharex=True, layout="constrained")
        if np.size(ax) != 2:
            raise ValueError(
                f"ax is {np.size(ax)} axes, but two are needed: one for the loss and "
                "one for the gradient norms. Make them by plt.subplots(2, 1)."
            )
        self.ax_ = np.ravel(ax)
        self.figure_ = self.ax_[0].figure
        self._draw_loss(self.ax_[0])
        self._draw_gradients(self.ax_[1])
        for ax in self.ax_:
            ax.xaxis.get_major_locator().set_params(integer=True)
        self.ax_[1].set_xlabel("epoch")
        return self

    def _draw_loss(self, ax):
        _draw(ax, self.loss_curve, "training loss", color="C0")
        self.score_ax_ = None
        if self.validation_scores is not None:
            self.score_ax_ = ax.twinx()
            _draw(self.score_ax_, self.validation_scores, "validation score", "C1")

    def _draw_gradients(self, ax):
        _draw(ax, self.grad_norm_curve, "gradient norm", color="C2")
        ax.set_yscale("log")
        if self.clip_threshold is not None:
            ax.axhline(
                self.clip_threshold,
                color="0.4",
                linestyle="--",
                label=f"clip_threshold={self.clip_threshold:g}",
            )
            ax.legend(fontsize="small")
        self.clip_ax_ = None
        if self.clip_fraction_curve is not None:
            self.clip_ax_ = ax.twinx()
            self._draw_clipping(ax)

    def _draw_clipping(self, ax):
        """Draw the share of clipped updates as an area behind the norms of `ax`."""
        share, epochs = self.clip_fraction_curve, _epochs(self.clip_fraction_curve)
        self.clip_ax_.fill_between(epochs, share, color="C3", alpha=0.2, step="mid")
        self.clip_ax_.set_ylim(0, 1)
        _name_axis(self.clip_ax_, "share of updates clipped", "C3")
        ax.set_zorder(self.clip_ax_.get_zorder() + 1)
        ax.patch.set_visible(False)


def _epochs(curve):
    return np.arange(1, len(curve) + 1)


def _draw(ax, curve, label, color):
    ax.plot(_epochs(curve), curve, color=color, label=label)
    _name_axis(ax, label, color)


def _name_axis(ax, label, color):
    """Name the axis on the left or right in the colour of what it measures."""
    ax.set_ylabel(label, color=color)
    ax.tick_params(axis="y", which="both", labelcolor=color)
