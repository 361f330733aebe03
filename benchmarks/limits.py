"""How near an epoch comes to its own matrix products, the part that BLAS decides.

The products alone are timed with the same shapes, the same BLAS and buffers made
before the clock starts; before them the same number of epochs as a whole public fit.
"""

import argparse
import os
from statistics import median

from cases import CASES
from peers.ours import Ours
from peers.products import Alone


def compare(name, n_threads, n_runs, n_epochs):
    """Print the time of an epoch over that of its products."""
    case = CASES[name]
    data = case.draw()
    models = Ours(case, n_threads), Alone(case, n_threads)
    for model in models:
        model.fit_epochs(*data, 1)
    runs = [
        [model.fit_epochs(*data, n_epochs) for model in models] for _ in range(n_runs)
    ]
    epochs, limits = (median(seconds) / n_epochs * 1e3 for seconds in zip(*runs))
    ratio = median(fit / limit for fit, limit in runs)
    print(
        f"  {name:8} epoch {epochs:8.1f} ms, products {limits:8.1f} ms, ratio "
        f"{ratio:.2f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="one run of one epoch")
    arguments = parser.parse_args()
    n_runs = 1 if arguments.quick else arguments.runs
    print(f"Load before: {os.getloadavg()[0]:.1f} (figures are good near zero)")
    for n_threads in arguments.threads:
        print(f"{n_threads} thread(s)")
        for name in arguments.cases:
            n_epochs = 1 if arguments.quick else CASES[name].n_epochs
            compare(name, n_threads, n_runs, n_epochs)


if __name__ == "__main__":
    main()
