"""The bridge from the training loop to scikit-learn's callbacks."""


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
        if sample_weight is not None:
            self._data["metadata"] = {"sample_weight": sample_weight}
        self._fitted_attributes = fitted_attributes
        self._fit = estimator._init_callback_context(max_subtasks=max_iter)
        self._fit.call_on_fit_task_begin(**self._data)

    def begin_epoch(self):
        """Announce an epoch."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._data)

    def end_epoch(self):
        """Report an epoch; True where a callback wants the fit to stop."""
        return self._end(self._epoch)

    def end_fit(self):
        """Report the end of the fit."""
        self._end(self._fit)

    def _end(self, task):
        return task.call_on_fit_task_end(
            **self._data, reconstruction_attributes=self._fitted_attributes
        )
