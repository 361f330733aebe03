"""skorch: PyTorch's module as a scikit-learn estimator, by its own training loop."""

from time import perf_counter

import numpy as np
import torch
from cases import CLIP_THRESHOLD, RATE
from skorch import NeuralNetClassifier
from skorch.callbacks import GradientNormClipping

from .peer import Peer
from .pytorch import Module


class BatchFirst(Module):
    """The module on (n_sequences, n_steps, n_features), as scikit-learn has them."""

    def forward(self, x):
        return super().forward(x.transpose(0, 1))


class Skorch(Peer):
    name = "skorch"

    def fit_epochs(self, X, y, n_epochs, seed=0):
        torch.set_num_threads(self.n_threads)
        torch.manual_seed(seed)
        X = np.stack(X)
        self.net = NeuralNetClassifier(
            BatchFirst,
            module__case=self.case,
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__fused=True,
            lr=RATE,
            max_epochs=n_epochs,
            batch_size=self.case.batch_size,
            iterator_train__shuffle=True,
            train_split=None,
            callbacks=[GradientNormClipping(CLIP_THRESHOLD)],
            verbose=0,
        )
        begin = perf_counter()
        self.net.fit(X, y)
        return perf_counter() - begin

    def accuracy(self, X, y):
        return self.net.score(np.stack(X), y)


PEERS = [Skorch]
