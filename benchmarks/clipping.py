"""Folk tunes with clipping and without: a row of Pascanu et al. 2013 again.

A plain tanh network learns by gradient descent which keys sound next, as in
`nottingham.py`. Each threshold has the rate and the momentum that do best on the
validation part with the first seed: all are tried for a few epochs, the two best rates
for each momentum then for all epochs. What runs without clipping is also shown with the
rate and momentum of a run with it. No figure of the test part chooses anything.
"""

import argparse
from itertools import product
from pathlib import Path
from time import perf_counter

import data
import numpy as np
from nottingham import negative_log_likelihood, next_steps
from tables import csv_table

from skrnn import RNNTagger

NETWORK = {
    "hidden_size": 200,
    "solver": "sgd",
    "batch_size": 8,
    "truncation_length": 100,
    "alpha": 0,
}
THRESHOLDS = {"no clipping": None, "clipping at 3": 3.0, "clipping at 1": 1.0}
MOMENTA = [0, 0.9]
RATES = [0.05, 0.1, 0.2, 0.5, 1, 2]
N_EPOCHS, N_SEARCH = 20, 6
PUBLISHED = {"no clipping": 3.80, "clipping at 3": 3.48, "clipping at 1": 3.48}
DONOR = "clipping at 3"
CONTROL = f"no clipping, rate of {DONOR}"
COLORS = dict(zip([*THRESHOLDS, CONTROL], ["C3", "C1", "C0", "0.4"]))
STYLES = {0: ":s", 0.9: "-o"}
DOCS = Path(__file__).resolve().parents[1] / "docs"


def train(parts, clip_threshold, momentum, rate, seed, n_epochs):
    """Train while the rate falls along half a cosine.

    Parameters
    ----------
    parts : dict of str to (X, y)
    rate : float
        The rate to begin with, over ``1 - momentum``: how far a lasting gradient goes.

    Returns
    -------
    model : RNNTagger
    curve : list of float
        Negative log-likelihood on the validation part by epoch. It ends with
        infinity where training diverged.
    """
    model = RNNTagger(
        **NETWORK,
        clip_threshold=clip_threshold,
        momentum=momentum,
        # An int would draw the same batches in every epoch.
        random_state=np.random.RandomState(seed),
    )
    curve = []
    for epoch in range(n_epochs):
        falling = (1 + np.cos(np.pi * epoch / n_epochs)) / 2
        model.set_params(learning_rate_init=(1 - momentum) * rate * falling)
        try:
            model.partial_fit(*parts["train"])
        except FloatingPointError:
            return model, [*curve, np.inf]
        curve.append(negative_log_likelihood(model, *parts["valid"]))
    return model, curve


def try_out(parts, name, momentum, rate, n_epochs):
    """Train with the first seed, and print how that went."""
    begin = perf_counter()
    run = train(parts, THRESHOLDS[name], momentum, rate, 0, n_epochs)
    print(
        f"{name:13}  momentum {momentum:3}  rate / (1 - momentum) {rate:4}  "
        f"{n_epochs:2} epochs  valid {run[1][-1]:7.3f}  {perf_counter() - begin:.0f} s",
        flush=True,
    )
    return run


def search(parts):
    """Train for a few epochs with each threshold, momentum and rate.

    Returns
    -------
    found : dict of (str, float, float) to float
        Negative log-likelihood on the validation part.
    """
    found = {}
    for name, momentum, rate in product(THRESHOLDS, MOMENTA, RATES):
        _, curve = try_out(parts, name, momentum, rate, N_SEARCH)
        found[name, momentum, rate] = curve[-1]
    return found


def shortlist(found, name):
    """Each momentum with the two rates that did best for a threshold."""
    return [
        (momentum, rate)
        for momentum in MOMENTA
        for rate in sorted(RATES, key=lambda rate: found[name, momentum, rate])[:2]
    ]


def choose(parts, name, candidates):
    """Train for all epochs with each momentum and rate; the best, and its run."""
    runs = {
        (momentum, rate): try_out(parts, name, momentum, rate, N_EPOCHS)
        for momentum, rate in candidates
    }
    best = min(runs, key=lambda settings: runs[settings][1][-1])
    return *best, runs[best]


def row(name, momentum, rate, runs, parts):
    """What the table says of the runs of a line: all seeds, and how they went."""
    tests = [
        negative_log_likelihood(model, *parts["test"])
        if np.isfinite(curve[-1])
        else np.inf
        for model, curve in runs
    ]
    norms = [max(model.grad_norm_curve_) for model, _ in runs]
    share = np.mean([model.clip_fraction_curve_ for model, _ in runs])
    return [
        name,
        f"{(1 - momentum) * rate:.3g}",
        momentum,
        *(f"{test:.3f}" for test in tests),
        f"{np.mean(tests):.3f}",
        f"{max(norms):.0f}",
        f"{share:.0%}",
        f"{PUBLISHED[name]:.2f}" if name in PUBLISHED else "",
    ]


def plot(found, runs, path):
    """Draw the search, and gradient norms and validation of the runs by epoch."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplot_mosaic(
        [["norms", "norms"], ["losses", "search"]], figsize=(8, 8), layout="constrained"
    )
    plot_runs(axes["norms"], axes["losses"], runs)
    plot_search(axes["search"], found)
    for ax in axes.values():
        ticks = [2, 3, 4, 5, 7, 10, 15, 20, 30]
        ax.set_yticks(ticks, ticks)
        ax.minorticks_off()
    for name in ("losses", "search"):
        axes[name].set_ylim(3.3, 42)
    axes["search"].set_xticks(RATES, RATES)
    axes["search"].legend(fontsize="small")
    handles, labels = axes["norms"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110)


def plot_search(ax, found):
    """Draw how the validation part ended, a line a threshold and momentum."""
    for name, momentum in product(THRESHOLDS, MOMENTA):
        line = [found[name, momentum, rate] for rate in RATES]
        ax.loglog(RATES, line, STYLES[momentum], color=COLORS[name])
    for momentum, style in STYLES.items():
        ax.plot([], [], style, color="0.6", label=f"momentum {momentum}")
    ax.set(
        title=f"After {N_SEARCH} epochs: validation",
        xlabel="learning rate / (1 - momentum)",
    )


def plot_runs(norms, losses, runs):
    """Draw all seeds by epoch, the gradient norms on one Axes and the losses on one."""
    for name, of_seeds in runs.items():
        for seed, (model, curve) in enumerate(of_seeds):
            style = {"color": COLORS[name], "label": name if seed == 0 else None}
            for ax, values in ((norms, model.grad_norm_curve_), (losses, curve)):
                ax.semilogy(np.arange(1, len(values) + 1), values, **style)
    norms.set(title="Mean gradient norm, before clipping", xlabel="epoch")
    losses.set(title="Validation, nats a step", xlabel="epoch")
    for ax in (norms, losses):
        ax.xaxis.get_major_locator().set_params(integer=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="table and plot, to docs")
    arguments = parser.parse_args()
    begin = perf_counter()
    parts = {part: next_steps(rolls) for part, rolls in data.nottingham().items()}
    print(f"Nottingham: {NETWORK}")
    found = search(parts)
    chosen = {n: choose(parts, n, shortlist(found, n)) for n in THRESHOLDS}
    chosen[CONTROL] = chosen[DONOR][:2]
    seeds, runs, rows = range(arguments.seeds), {}, []
    for name, (momentum, rate, *done) in chosen.items():
        settings = (THRESHOLDS.get(name), momentum, rate)
        further = [
            train(parts, *settings, seed, N_EPOCHS) for seed in seeds[len(done) :]
        ]
        runs[name] = done + further
        rows.append(row(name, momentum, rate, runs[name], parts))
        print(*rows[-1], sep="  ", flush=True)
    table = csv_table(
        "Nottingham, test part: negative log-likelihood a step",
        [
            "",
            "rate",
            "momentum",
            *(f"seed {seed}" for seed in seeds),
            "mean",
            "greatest norm",
            "updates clipped",
            "Pascanu et al.",
        ],
        rows,
    )
    print(table)
    print(f"{perf_counter() - begin:.0f} s")
    if arguments.write:
        (DOCS / "clipping_table.rst").write_text(table)
        plot(found, runs, DOCS / "images" / "clipping.png")


if __name__ == "__main__":
    main()
