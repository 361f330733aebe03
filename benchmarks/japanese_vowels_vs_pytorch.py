"""Time of a whole fit on Japanese Vowels, ours and a plain PyTorch loop, in turn.

Both: 64 units one way, tanh, 100 epochs of batches of 16, Adam, norm clipping at 1,
float32, the last state read, data standardised beforehand. PyTorch gets packed
sequences, made ready as tensors before the clock starts.
"""

import argparse
from time import perf_counter

import data
import numpy as np
from threadpoolctl import threadpool_limits

from skrnn import RNNClassifier

N_EPOCHS, BATCH_SIZE, HIDDEN_SIZE, RATE = 100, 16, 64, 1e-3


def standardised():
    """Sequences of the training and test part, and class numbers."""
    X_train, y_train, X_test, y_test = data.japanese_vowels()
    rows = np.concatenate(X_train)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)

    def scale(X):
        return [((x - mean) / deviation).astype(np.float32) for x in X]

    return (
        scale(X_train),
        y_train.astype(int) - 1,
        scale(X_test),
        y_test.astype(int) - 1,
    )


def fit_ours(X, y, X_test, y_test, seed):
    """Seconds of the fit, and the test accuracy."""
    model = RNNClassifier(
        HIDDEN_SIZE,
        max_iter=N_EPOCHS,
        batch_size=BATCH_SIZE,
        learning_rate_init=RATE,
        clip_threshold=1.0,
        alpha=0,
        n_iter_no_change=np.inf,
        random_state=seed,
    )
    begin = perf_counter()
    model.fit(X, y)
    return perf_counter() - begin, model.score(X_test, y_test)


def fit_pytorch(torch, X, y, X_test, y_test, seed):
    """Seconds of the fit, and the test accuracy."""
    torch.manual_seed(seed)
    pack = torch.nn.utils.rnn.pack_sequence
    X, X_test = ([torch.from_numpy(x) for x in part] for part in (X, X_test))
    y = torch.from_numpy(y)
    rnn = torch.nn.RNN(X[0].shape[1], HIDDEN_SIZE)
    head = torch.nn.Linear(HIDDEN_SIZE, int(y.max()) + 1)
    parameters = [*rnn.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=RATE)
    begin = perf_counter()
    for _ in range(N_EPOCHS):
        for batch in torch.randperm(len(X)).split(BATCH_SIZE):
            _, state = rnn(pack([X[i] for i in batch], enforce_sorted=False))
            loss = torch.nn.functional.cross_entropy(head(state[0]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
    seconds = perf_counter() - begin
    with torch.no_grad():
        _, state = rnn(pack(X_test, enforce_sorted=False))
        predicted = head(state[0]).argmax(dim=1).numpy()
    return seconds, float(np.mean(predicted == y_test))


def compare(torch, n_threads, n_runs):
    """Print the ratio of the times, run by run in turn."""
    parts = standardised()
    torch.set_num_threads(n_threads)
    with threadpool_limits(n_threads):
        runs = [
            (fit_ours(*parts, seed), fit_pytorch(torch, *parts, seed))
            for seed in range(n_runs)
        ]
    times = np.array([[ours[0], theirs[0]] for ours, theirs in runs])
    accuracy = np.array([[ours[1], theirs[1]] for ours, theirs in runs]).mean(axis=0)
    ratio = times[:, 1] / times[:, 0]
    print(
        f"  {n_threads} thread(s): PyTorch / ours {np.median(ratio):.2f}  (from "
        f"{ratio.min():.2f} to {ratio.max():.2f} in {n_runs} runs; medians "
        f"{np.median(times[:, 1]):.2f} s and {np.median(times[:, 0]):.2f} s; accuracy "
        f"{accuracy[1]:.3f} and {accuracy[0]:.3f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("PyTorch is absent: there is nothing to compare with.")
        return
    print(f"Japanese Vowels, whole fits, PyTorch {torch.__version__}")
    for n_threads in (1, 2):
        compare(torch, n_threads, arguments.runs)


if __name__ == "__main__":
    main()
