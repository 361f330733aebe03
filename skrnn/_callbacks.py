"""The bridge from the training loop to scikit-learn's callbacks."""

import copy

from sklearn.callback import ProgressBar


class CallbackHooks:
    """Tells an estimator's callbacks of the fit and of each of its epochs.

    Parameters
    ----------
    estimator : estimator
        Supports callbacks (`sklearn.callback.CallbackSupportMixin`).
    max_iter : int
        Number of epochs at most.
    X, y, sample_weight
        As given to `fit`.
    fitted_attributes : callable
        Gives the attributes that the estimator would have if the fit stopped now.
    """

    def __init__(self, estimator, max_iter, X, y, sample_weight, fitted_attributes):
        self._data = {"estimator": estimator, "X": X, "y": y}
        self._lines = [
            _LossLine(callback, estimator)
            for callback in getattr(estimator, "_skl_callbacks", [])
            if isinstance(callback, ProgressBar)
        ]
        if sample_weight is not None:
            self._data["metadata"] = {"sample_weight": sample_weight}
        self._fitted_attributes = fitted_attributes
        self._fit = estimator._init_callback_context(max_subtasks=max_iter)
        self._fit.call_on_fit_task_begin(**self._data)

    def begin_epoch(self):
        """Announce an epoch."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._data)

    def end_epoch(self, report):
        """Report an epoch; True where a callback wants the fit to stop.

        `report` says in words what came of it.
        """
        is_told_to_stop = self._end(self._epoch)
        for line in self._lines:
            line.show(self._epoch, report)
        return is_told_to_stop

    def end_fit(self):
        """Report the end of the fit."""
        for line in self._lines:
            line.finish()
        self._end(self._fit)

    def _end(self, task):
        return task.call_on_fit_task_end(
            **self._data, reconstruction_attributes=self._fitted_attributes
        )


class _LossLine:
    """A line of text below a fit's progress bar.

    `ProgressBar` fixes the text of a bar when its task begins. So the line is a task of
    its own, known to the bar alone, that begins anew after each epoch: under the same
    id, by which the bar replaces it, and with a new name.
    """

    def __init__(self, bar, estimator):
        self._bar = bar
        self._estimator = estimator
        self._task = None

    def show(self, epoch, text):
        """Replace the line, below the fit that the task `epoch` is part of."""
        self._task = copy.copy(epoch)
        self._task.task_name, self._task.task_id = text, "now"
        self._task.max_subtasks = None
        self._bar.on_fit_task_begin(self._estimator, self._task)

    def finish(self):
        """Mark the line as done."""
        if self._task is not None:
            self._bar.on_fit_task_end(self._estimator, self._task)
