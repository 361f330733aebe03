"""Ours: a whole public `fit`."""

from time import perf_counter

import numpy as np
from cases import CLIP_THRESHOLD, RATE
from threadpoolctl import threadpool_limits

from skrnn import RNNClassifier, RNNTagger

from .peer import Peer


class Ours(Peer):
    name = "skrnn"
    takes_ragged = True

    def fit_epochs(self, X, y, n_epochs, seed=0):
        case = self.case
        estimator = RNNTagger if case.is_ragged else RNNClassifier
        self.model = estimator(
            case.hidden_size,
            n_layers=case.n_layers,
            bidirectional=case.bidirectional,
            clip_threshold=CLIP_THRESHOLD,
            alpha=0,
            batch_size=case.batch_size,
            learning_rate_init=RATE,
            max_iter=n_epochs,
            n_iter_no_change=np.inf,
            random_state=seed,
        )
        with threadpool_limits(self.n_threads):
            begin = perf_counter()
            self.model.fit(X, y)
            return perf_counter() - begin

    def accuracy(self, X, y):
        return self.model.score(X, y)

    def predict_one(self, x):
        return self.model.predict([x])
