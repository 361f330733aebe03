"""How time grows with the work, and shrinks with a second core.

Time per step of whole fits, in turn, over that of an even data set; then a grid search
and a prediction with `n_jobs=2` over the same with 1.
"""

import argparse
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from skrnn import RNNClassifier

N_FEATURES, HIDDEN_SIZE, BATCH_SIZE = 16, 128, 32
N_STEPS, N_SEQUENCES = 50, 1280


def draw(lengths):
    """Noise, and labels that are told by its first step."""
    rng = np.random.default_rng(0)
    X = [rng.standard_normal((n, N_FEATURES), np.float32) for n in lengths]
    return X, np.array([x[0, 0] > 0 for x in X]).astype(int)


def skewed(n_sequences):
    """Lengths of `N_STEPS` on average, the longest 50 medians, falling as a power."""
    ranks = (np.arange(n_sequences) + 0.5) / n_sequences
    lengths = (2 * ranks) ** (np.log(50) / np.log(2 * ranks[0]))
    return (lengths * N_STEPS / lengths.mean()).round().astype(int)


GROWTH = {
    "even": [N_STEPS] * N_SEQUENCES,
    "twice the sequences": [N_STEPS] * 2 * N_SEQUENCES,
    "twice as long, half as many": [2 * N_STEPS] * (N_SEQUENCES // 2),
    "four times as long, a quarter": [4 * N_STEPS] * (N_SEQUENCES // 4),
    "skewed, longest 50 medians": skewed(N_SEQUENCES),
}


def model(**params):
    return RNNClassifier(
        HIDDEN_SIZE,
        batch_size=BATCH_SIZE,
        n_iter_no_change=np.inf,
        random_state=0,
        **params,
    )


def seconds(function, *arguments):
    begin = perf_counter()
    function(*arguments)
    return perf_counter() - begin


def spread(ratios):
    return f"{median(ratios):.2f}  (from {min(ratios):.2f} to {max(ratios):.2f})"


def growth(n_runs):
    """Print time per step over that of the even data set."""
    data = {name: draw(lengths) for name, lengths in GROWTH.items()}
    n_steps = {name: sum(lengths) for name, lengths in GROWTH.items()}
    runs = {name: [] for name in data}
    with threadpool_limits(1):
        for run in range(n_runs + 1):
            for name, (X, y) in data.items():
                time = seconds(model(max_iter=2).fit, X, y) / n_steps[name]
                # The first round warms up.
                if run:
                    runs[name].append(time)
    print(f"Time per step over that of the even data, {n_runs} runs")
    for name, times in runs.items():
        ratios = [time / even for time, even in zip(times, runs["even"])]
        print(f"  {name:30} {spread(ratios)}")


def cores(n_runs):
    """Print how much faster two jobs are than one."""
    X, y = draw([N_STEPS] * N_SEQUENCES)
    grid = {"learning_rate_init": [3e-4, 1e-3, 3e-3, 1e-2], "clip_threshold": [1, None]}

    def search(X, n_jobs):
        GridSearchCV(model(max_iter=8), grid, cv=3, n_jobs=n_jobs).fit(X, y)

    fitted = model(max_iter=1).fit(X, y)
    many, _ = draw([N_STEPS] * 16 * N_SEQUENCES)

    def predict(n_jobs):
        fitted.set_params(n_jobs=n_jobs).predict(many)

    for name, work in (
        ("GridSearchCV, 8 candidates, 3 folds, a list", partial(search, X)),
        ("the same, a 3-D array", partial(search, np.stack(X))),
        (f"predict, {len(many)} sequences", predict),
    ):
        work(2)
        ratios = [seconds(work, 1) / seconds(work, 2) for _ in range(n_runs)]
        print(f"{name}: time with n_jobs=1 / with 2  {spread(ratios)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    growth(arguments.runs)
    cores(min(3, arguments.runs))


if __name__ == "__main__":
    main()
