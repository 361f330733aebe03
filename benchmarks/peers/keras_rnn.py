"""Keras: `SimpleRNN` and its own training loop.

``KERAS_BACKEND`` chooses the backend; by default it is the first one installed.
"""

import os
from importlib.util import find_spec
from time import perf_counter

import numpy as np
from cases import CLIP_THRESHOLD, N_CLASSES, RATE

from .peer import Peer

BACKENDS = filter(find_spec, ["tensorflow", "jax", "torch"])
os.environ.setdefault("KERAS_BACKEND", next(BACKENDS, "tensorflow"))

import keras  # noqa: E402


class Keras(Peer):
    name = f"Keras on {keras.backend.backend()}"

    def fit_epochs(self, X, y, n_epochs, seed=0):
        case = self.case
        keras.utils.set_random_seed(seed)
        X = np.stack(X)
        self.model = keras.Sequential(
            [
                keras.Input(X.shape[1:]),
                keras.layers.SimpleRNN(case.hidden_size),
                keras.layers.Dense(N_CLASSES),
            ]
        )
        self.model.compile(
            keras.optimizers.Adam(RATE, global_clipnorm=CLIP_THRESHOLD),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        begin = perf_counter()
        self._train(X[: case.batch_size], y[: case.batch_size], 1)
        trained = perf_counter()
        self._train(X, y, n_epochs)
        self.compile_seconds = trained - begin
        return perf_counter() - trained

    def _train(self, X, y, n_epochs):
        self.model.fit(
            X, y, batch_size=self.case.batch_size, epochs=n_epochs, verbose=0
        )

    def accuracy(self, X, y):
        scores = self.model.predict(np.stack(X), verbose=0)
        return float(np.mean(scores.argmax(axis=1) == y))


PEERS = [Keras]
