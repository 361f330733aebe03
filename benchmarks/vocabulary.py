"""An update costs what its batch touches, however many tokens there are.

The same sequences of 10,000 tokens, once as they are, once with these tokens spread
over a vocabulary of 1,000,000: the time of an update, in turn.
"""

from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from skrnn import RNNTagger

N_SMALL, N_LARGE, N_RUNS, N_EPOCHS, N_UPDATES = 10_000, 1_000_000, 3, 8, 20


class Clock:
    """A callback that takes the time of every epoch."""

    def setup(self, estimator, context):
        self.seconds = []

    def on_fit_task_begin(self, estimator, context):
        self._begin = perf_counter()

    def on_fit_task_end(self, estimator, context):
        self.seconds.append(perf_counter() - self._begin)

    def teardown(self, estimator, context):
        pass


def sequences(n_tokens):
    """640 sequences of 20 tokens, some frequent, most rare, and a label for each."""
    rng = np.random.default_rng(0)
    ids = np.minimum(rng.zipf(1.3, size=(32 * N_UPDATES, 20)), N_SMALL - 1)
    place = rng.permutation(n_tokens)[:N_SMALL]
    spread = place[ids]
    spread[0, 0] = n_tokens - 1  # The greatest id tells how many there are.
    return spread, ids % 17


def seconds_an_update(n_tokens):
    """Of the later epochs: in the first one, memory is new to the process."""
    clock = Clock()
    model = RNNTagger(
        128,
        embedding_size=64,
        bidirectional=True,
        max_iter=N_EPOCHS,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    model.set_callbacks(clock).fit(*sequences(n_tokens))
    return np.median(clock.seconds[2:N_EPOCHS]) / N_UPDATES


def main():
    with threadpool_limits(1):
        times = np.array(
            [[seconds_an_update(n) for n in (N_SMALL, N_LARGE)] for _ in range(N_RUNS)]
        )
    ratio = times[:, 1] / times[:, 0]
    print(
        f"A vocabulary of {N_LARGE:,} / of {N_SMALL:,}, time of an update: "
        f"{np.median(ratio):.2f}  (from {ratio.min():.2f} to {ratio.max():.2f} in "
        f"{N_RUNS} runs; {1e3 * np.median(times[:, 0]):.1f} ms for the smaller)"
    )


if __name__ == "__main__":
    main()
