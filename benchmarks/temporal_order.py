"""The temporal-order problem: what clipping and truncation do to long memory.

Hochreiter and Schmidhuber 1997, experiment 6a; Pascanu, Mikolov and Bengio 2013. Among
random letters stand two that matter, each an A or a B, the first in the second tenth of
the sequence, the other in its fifth tenth. Which two, and in which order, is to be told
at the end. Success is over 99 % of held-out sequences.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
from tables import csv_table

from skrnn import RNNClassifier

LENGTHS = [20, 35, 50, 75, 100, 150]
N_SYMBOLS = 6
N_TRAIN, N_TEST, BATCH_SIZE = 10_000, 2_000, 50
N_EPOCHS = 15
SUCCESS = 0.99
DOCS = Path(__file__).resolve().parents[1] / "docs"

SGD = {"solver": "sgd", "learning_rate_init": 0.02, "momentum": 0.9}
ADAM = {"solver": "adam", "learning_rate_init": 1e-3}
CLIPPING = {"clip_threshold": 1.0}


def remedies(n_steps):
    """Parameters by remedy; what truncation leaves ends behind both letters."""
    truncation = {"truncation_length": n_steps // 4}
    identity = {"recurrent_init": "identity", "activation": "relu"}
    return {
        "SGD, no clipping": {**SGD, "clip_threshold": None},
        "SGD, clipping": {**SGD, **CLIPPING},
        "SGD, clipping, truncated": {**SGD, **CLIPPING, **truncation},
        "Adam, clipping": {**ADAM, **CLIPPING},
        "Adam, clipping, relu from identity": {**ADAM, **CLIPPING, **identity},
    }


def draw(n_sequences, n_steps, rng):
    """Draw sequences of one-hot letters, and which of the four orders each holds.

    Returns
    -------
    X : ndarray of shape (n_sequences, n_steps, 6)
        The first two columns are A and B.
    y : ndarray of shape (n_sequences,)
    """
    letters = rng.integers(2, N_SYMBOLS, (n_sequences, n_steps))
    pair = rng.integers(0, 2, (2, n_sequences))
    for which, (begin, end) in zip(pair, [(0.1, 0.2), (0.4, 0.5)]):
        place = rng.integers(int(begin * n_steps), int(end * n_steps) + 1, n_sequences)
        letters[np.arange(n_sequences), place] = which
    return np.eye(N_SYMBOLS, dtype=np.float32)[letters], 2 * pair[0] + pair[1]


def train(params, n_steps, seed):
    """Train until success, or for 15 epochs of 200 updates.

    Returns
    -------
    accuracy : float
        On held-out sequences; zero where training diverged.
    n_updates : int
    """
    rng = np.random.default_rng(seed)
    X, y = draw(N_TRAIN, n_steps, rng)
    X_test, y_test = draw(N_TEST, n_steps, rng)
    model = RNNClassifier(50, batch_size=BATCH_SIZE, random_state=seed, **params)
    for epoch in range(N_EPOCHS):
        try:
            model.partial_fit(X, y, classes=range(4))
        except FloatingPointError:
            return 0.0, epoch * N_TRAIN // BATCH_SIZE
        accuracy = model.score(X_test, y_test)
        if accuracy > SUCCESS:
            break
    return accuracy, (epoch + 1) * N_TRAIN // BATCH_SIZE


def plot(successes, n_seeds, path):
    """Draw how many seeds succeed, by length, a line a remedy."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for i, (name, by_length) in enumerate(successes.items()):
        # Beside each other, so that equal lines can be told apart.
        share = [n / n_seeds + 0.008 * i for n in by_length.values()]
        ax.plot(list(by_length), share, "o-", label=name)
    ax.set(xlabel="length of the sequences", ylabel="share of seeds that succeed")
    ax.legend()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="table and plot, to docs")
    arguments = parser.parse_args()
    successes = {name: {} for name in remedies(LENGTHS[0])}
    for n_steps in arguments.lengths:
        for name, params in remedies(n_steps).items():
            begin = perf_counter()
            seeds = range(arguments.seeds)
            results = [train(params, n_steps, seed) for seed in seeds]
            successes[name][n_steps] = sum(a > SUCCESS for a, _ in results)
            runs = ", ".join(f"{a:.3f} ({n})" for a, n in results)
            seconds = perf_counter() - begin
            print(f"{n_steps:4} {name:34} {runs}  {seconds:.0f} s", flush=True)
    rows = [[name, *by_length.values()] for name, by_length in successes.items()]
    table = csv_table(
        f"Seeds of {arguments.seeds} that succeed, by length",
        ["remedy", *arguments.lengths],
        rows,
    )
    print(table)
    if arguments.write:
        (DOCS / "temporal_order_table.rst").write_text(table)
        plot(successes, arguments.seeds, DOCS / "images" / "temporal_order.png")


if __name__ == "__main__":
    main()
