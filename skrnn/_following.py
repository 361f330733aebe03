"""Predictions for a sequence that is still coming in."""

import copy

import numpy as np
from scipy import sparse
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._core.following import SequenceSoFar


class FollowMixin:
    """Lets a one-directional estimator follow a live sequence."""

    def follow(self):
        """Begin to follow a live sequence, step by step or chunk by chunk.

        The state is kept in the object that this returns, not in the estimator; each
        sequence that is followed needs one of its own.

        Returns
        -------
        follower : Follower
            Its ``predict(x)`` (and ``predict_proba(x)``) reads the next steps and gives
            the prediction so far, equal to that for the whole sequence up to there.

        Raises
        ------
        ValueError
            When the network is bidirectional: its second direction begins at the
            sequence's end, which a live one has not reached.
        """
        check_is_fitted(self)
        if self._architecture.bidirectional:
            raise ValueError(
                f"This {type(self).__name__} is bidirectional: it reads each sequence "
                "also from its end, which a live sequence has not reached. Fit with "
                "bidirectional=False to follow one, or call predict with the sequence "
                "so far."
            )
        return Follower(self)


def _gives_probabilities(follower):
    follower._estimator.predict_proba  # noqa: B018, raises AttributeError
    return True


class Follower:
    """A live sequence, and what a fitted estimator says of it so far.

    Made by ``estimator.follow()``. Every call reads further steps and moves on, so a
    chunk is given to one of the methods only. Can be copied and pickled.

    Parameters
    ----------
    estimator : RNNClassifier, RNNTagger or RNNRegressor
        Fitted and one-directional.
    """

    def __init__(self, estimator):
        self._estimator = estimator
        self._so_far = SequenceSoFar(estimator._architecture, estimator._theta)

    def __copy__(self):
        # A shallow copy would share the state, which moves on.
        return copy.deepcopy(self)

    @property
    def n_steps_(self):
        """Number of steps read so far."""
        return self._so_far.n_steps

    def predict(self, x):
        """Read the next steps and predict.

        Parameters
        ----------
        x : array-like of shape (n_features,) or (n_steps, n_features)
            One step, or several. With `embedding_size` a token id, or ids of shape
            (n_steps,); with k ids a step of shape (k,) or (n_steps, k).

        Returns
        -------
        y : label or number, or ndarray
            With a target by step those of the steps just read: an array with a row
            each, or for a single step its row. Else the prediction for the sequence so
            far.
        """
        return self._follow(self._estimator._predicted, x)

    @available_if(_gives_probabilities)
    def predict_proba(self, x):
        """Read the next steps and predict the probability of each class.

        Parameters
        ----------
        x : array-like
            As in `predict`.

        Returns
        -------
        p : ndarray of shape (n_classes,) or (n_steps, n_classes)
            For the sequence so far, or for each of the steps just read.
        """
        return self._follow(self._estimator._probabilities, x)

    def _follow(self, decode, x):
        estimator = self._estimator
        x, is_step = self._as_chunk(x)
        checked = estimator._check_X([x], reset=False)
        outputs = self._so_far.outputs(checked.sequences.rows)
        given = decode(outputs, checked)[0]
        return given[0] if is_step and estimator._reads_steps else given

    def _as_chunk(self, x):
        """The steps as a sequence, and whether a single one was given."""
        is_one_id = (
            self._estimator.embedding_size is not None
            and self._estimator.n_features_in_ == 1
        )
        n_dimensions = 0 if is_one_id else 1
        if np.ndim(x) > 2:
            raise ValueError(
                f"x has shape {np.shape(x)}, but a follower reads the steps of one "
                "sequence: an array of shape (n_steps, n_features), or a single step."
            )
        is_step = not sparse.issparse(x) and np.ndim(x) == n_dimensions
        return (np.asarray(x)[None] if is_step else x), is_step
