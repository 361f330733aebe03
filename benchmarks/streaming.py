"""Characters streamed one by one: steady, and near the cost of the bare products.

A model of 256 units writes 10,000 characters. Beside it stand the matrix products alone
that a character needs: the state times W, and the new state times V.
"""

from time import perf_counter

import numpy as np
from shakespeare import load
from threadpoolctl import threadpool_limits

from skrnn import RNNLanguageModel

N_CHARACTERS, N_RUNS = 10_000, 7


def seconds_of_products(model):
    """Of the products of all characters."""
    W, V = model.recurrent_coefs_[0][0], np.ascontiguousarray(model.output_coef_)
    s, a, scores = np.ones_like(W[:1]), np.empty_like(W[:1]), np.empty_like(V[:1])
    begin = perf_counter()
    for _ in range(N_CHARACTERS):
        np.dot(s, W, out=a)
        np.dot(s, V, out=scores)
    return perf_counter() - begin


def seconds_of_stream(model, seed):
    """When each tenth of the characters was there."""
    stream = model.stream("KING", random_state=seed)
    times = [perf_counter()]
    for n, _ in enumerate(stream, start=1):
        if n % (N_CHARACTERS // 10) == 0:
            times.append(perf_counter())
        if n == N_CHARACTERS:
            break
    return np.diff(times)


def main():
    text = load("train")[0][:100_000]
    # One document that the model does not learn to end.
    model = RNNLanguageModel(256, max_iter=2, random_state=0).fit([text])
    model.output_intercept_[-1] = -np.inf
    with threadpool_limits(1):
        runs = [
            (seconds_of_stream(model, seed), seconds_of_products(model))
            for seed in range(N_RUNS)
        ]
    ratio = [tenths.sum() / products for tenths, products in runs]
    drift = [tenths[-1] / tenths[0] for tenths, _ in runs]
    each = np.median([tenths.sum() for tenths, _ in runs]) / N_CHARACTERS
    print(
        f"{N_CHARACTERS:,} characters from 256 units, stream / products: "
        f"{np.median(ratio):.2f}  (from {min(ratio):.2f} to {max(ratio):.2f} in "
        f"{N_RUNS} runs; {1e6 * each:.1f} microseconds a character; last tenth / first "
        f"{np.median(drift):.2f})"
    )


if __name__ == "__main__":
    main()
