"""PyTorch's `nn.RNN` in a plain training loop.

The tensors are made before the clock starts, the batches are those of ours (drawn at
random, ragged ones by similar length), and there is no loader between.
"""

from time import perf_counter

import numpy as np
import torch
from cases import CLIP_THRESHOLD, N_CLASSES, RATE
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from skrnn._training.batches import by_falling_length, draw_batches

from .peer import Peer, pad

NO_LABEL = -100


class Module(torch.nn.Module):
    """Recurrent layers and the head, on time-major or packed steps."""

    def __init__(self, case):
        super().__init__()
        self.reads_steps = case.is_ragged
        self.rnn = torch.nn.RNN(
            case.n_features,
            case.hidden_size,
            case.n_layers,
            bidirectional=case.bidirectional,
        )
        self.head = torch.nn.Linear(case.width, N_CLASSES)

    def forward(self, x):
        states, last = self.rnn(x)
        if not self.reads_steps:
            return self.head(last[0])
        return self.head(states.data if isinstance(x, PackedSequence) else states)


class Padded(Peer):
    """Ragged batches padded to their longest sequence, the loss masked.

    Both ways, its second direction begins in the padding, as it does for everyone
    who pads without packing.
    """

    name = "PyTorch, padded"
    takes_ragged = True

    def fit_epochs(self, X, y, n_epochs, seed=0):
        torch.set_num_threads(self.n_threads)
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        self.lengths = np.array([len(x) for x in X])
        self.X, self.y = self._tensors(X, y)
        begin = perf_counter()
        self.module = Module(self.case)
        parameters = list(self.module.parameters())
        optimizer = torch.optim.Adam(parameters, lr=RATE, fused=True)
        for _ in range(n_epochs):
            for members in self._draw(rng):
                x, labels = self._batch(members)
                loss = self._loss(self.module(x), labels)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                clip_grad_norm_(parameters, CLIP_THRESHOLD)
                optimizer.step()
        return perf_counter() - begin

    def _draw(self, rng):
        """An epoch's batches, similar lengths together as in ours."""
        return draw_batches(self.lengths, self.case.batch_size, rng)

    def _tensors(self, X, y):
        X = torch.from_numpy(pad(X, 0, np.float32))
        if self.case.is_ragged:
            y = pad(y, NO_LABEL, np.int64)
        return X, torch.from_numpy(np.asarray(y))

    def _batch(self, members):
        """Inputs and targets of some sequences, by falling length."""
        longest = int(self.lengths[members[0]])
        members = torch.from_numpy(members)
        x = self.X[:longest].index_select(1, members)
        if not self.case.is_ragged:
            return x, self.y[members]
        return x, self.y[:longest].index_select(1, members)

    def _loss(self, scores, labels):
        return cross_entropy(
            scores.flatten(0, -2), labels.flatten(), ignore_index=NO_LABEL
        )

    @torch.inference_mode()
    def accuracy(self, X, y):
        self.lengths = np.array([len(x) for x in X])
        self.X, self.y = self._tensors(X, y)
        x, labels = self._batch(np.argsort(-self.lengths))
        is_right = self.module(x).argmax(dim=-1) == labels
        return is_right[labels != NO_LABEL].float().mean().item()

    @torch.inference_mode()
    def predict_one(self, x):
        return self.module(torch.from_numpy(x)[:, None]).argmax(dim=-1).numpy()


class PaddedAtRandom(Padded):
    """Sequences of all lengths in a batch, as a shuffling loader brings them."""

    name = "PyTorch, padded, random batches"
    takes_even = False

    def _draw(self, rng):
        order = rng.permutation(len(self.lengths))
        batches = np.split(
            order, range(self.case.batch_size, len(order), self.case.batch_size)
        )
        return [by_falling_length(self.lengths, members) for members in batches]


class Packed(Padded):
    """Ragged batches as packed sequences."""

    name = "PyTorch, packed"
    takes_even = False

    def _batch(self, members):
        lengths = torch.from_numpy(self.lengths[members])
        x, labels = super()._batch(members)
        labels = pack_padded_sequence(labels, lengths).data
        return pack_padded_sequence(x, lengths), labels


PEERS = [Padded, PaddedAtRandom, Packed]
