"""
Handwritten digits, read as sequences
=====================================

``make demo`` runs this script. It reads scikit-learn's 1,797 handwritten digits in two
ways, and lets `GridSearchCV` choose the network for each:

- **rows as steps**: 8 steps, each a row of 8 pixels;
- **pixels as steps**: one pixel a step. The reader joins late and misses up to 24 of
  the 64 pixels, so that the sequences are 40 to 64 steps long.

A logistic regression and a multilayer perceptron on the flat pixels, searched over the
same folds, show what the figures are worth.
"""

from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skrnn import RNNClassifier
from skrnn.preprocessing import StepTransformer

start = perf_counter()

# %%
# The two readings
# ----------------
# A sequence is an array of shape (n_steps, n_features), and `X` is a list of them.
# They need not be of one length: that is how the second reading is given.

images, y = load_digits(return_X_y=True)
images = images.astype(np.float32)
rng = np.random.default_rng(0)
n_missed = rng.integers(0, 25, size=len(images))

rows = [image.reshape(8, 8) for image in images]
pixels = [image[n:].reshape(-1, 1) for image, n in zip(images, n_missed)]
seen_pixels = np.where(np.arange(64) < n_missed[:, None], 0, images)

train, test = train_test_split(
    np.arange(len(y)), test_size=0.25, stratify=y, random_state=0
)


def take(X, indices):
    """Give the sequences, or rows of a table, at `indices`."""
    return X[indices] if isinstance(X, np.ndarray) else [X[i] for i in indices]


# %%
# The search
# ----------
# The network is a step of a `Pipeline` like any other estimator. `StepTransformer` lets
# a scaler of tables work on the steps of sequences.


def tell_and_score(model, X, y):
    """Score, and print a dot as a sign of life."""
    print(".", end="", flush=True)
    return model.score(X, y)


def search(name, X, pipeline, grid, n_splits):
    """Tune, tell how it went, and give the search with its accuracy on test."""
    folds = StratifiedKFold(n_splits, shuffle=True, random_state=0)
    tuned = GridSearchCV(
        pipeline,
        grid,
        scoring=tell_and_score,
        cv=folds,
        n_jobs=2,
    )
    print(f"\n{name}\n  ", end="", flush=True)
    begin = perf_counter()
    tuned.fit(take(X, train), y[train])
    tuned.test_accuracy_ = tuned.best_estimator_.score(take(X, test), y[test])
    print(f" {len(tuned.cv_results_['params'])} settings x {n_splits} folds, ", end="")
    print(f"{perf_counter() - begin:.1f} s")
    return tuned


def setting_of(params):
    """Name a setting's depth, direction, truncation and clipping."""
    return (
        f"{params['model__n_layers']}",
        "both ways" if params["model__bidirectional"] else "one way",
        f"{params['model__truncation_length'] or 'none'}",
        f"{params['model__clip_threshold'] or 'none'}",
    )


def print_table(tuned):
    """Print a line for each setting, the best first."""
    results = tuned.cv_results_
    print("\n   layers  direction  truncation  clipping   accuracy   fit\n  ", "-" * 57)
    for i in np.argsort(results["rank_test_score"], kind="stable"):
        depth, direction, truncation, clipping = setting_of(results["params"][i])
        print(
            f"   {depth:<7} {direction:<10} {truncation:<11} {clipping:<10} "
            f"{results['mean_test_score'][i]:.3f}    "
            f"{results['mean_fit_time'][i]:5.2f} s"
            f"{'   <- best' if i == tuned.best_index_ else ''}"
        )


def print_comparison(*searches):
    """Print cross-validated and test accuracy of the best of each."""
    print("\n   best of each              cross-validated   test\n  ", "-" * 46)
    for name, tuned in zip(("recurrent", *BASELINES), searches):
        print(f"   {name:<25} {tuned.best_score_:.3f}    {tuned.test_accuracy_:13.3f}")


def baselines(X, n_splits):
    """Tune the two usual models for tables on the flat pixels."""
    logistic = Pipeline(
        [("scale", MinMaxScaler()), ("model", LogisticRegression(max_iter=2000))]
    )
    perceptron = Pipeline(
        [
            ("scale", MinMaxScaler()),
            ("model", MLPClassifier(max_iter=500, tol=1e-3, random_state=0)),
        ]
    )
    return (
        search(BASELINES[0], X, logistic, {"model__C": [0.1, 1, 10, 100]}, n_splits),
        search(BASELINES[1], X, perceptron, {"model__alpha": [1e-4, 0.1, 1]}, n_splits),
    )


BASELINES = ("logistic regression", "multilayer perceptron")
network = Pipeline(
    [
        ("scale", StepTransformer(MinMaxScaler())),
        (
            "model",
            RNNClassifier(
                64,
                learning_rate="cosine",
                learning_rate_init=0.004,
                max_iter=20,
                n_iter_no_change=np.inf,  # a fixed budget of epochs
                random_state=0,
            ),
        ),
    ]
)

# %%
# Rows as steps
# -------------

by_row = search(
    "Rows as steps: 8 steps of 8 pixels",
    rows,
    network,
    {
        "model__n_layers": [1, 2],
        "model__bidirectional": [False, True],
        "model__truncation_length": [2, None],
        "model__clip_threshold": [1, None],
    },
    n_splits=3,
)
print_table(by_row)
row_baselines = baselines(images, n_splits=3)
print_comparison(by_row, *row_baselines)

# %%
# Pixels as steps
# ---------------
# Where the gradient may pass through eight steps only, a row of pixels, the network
# cannot learn how the rows go together. Two layers both ways take as long as all the
# other shapes together and are left out.

rest = {"model__truncation_length": [8, None], "model__clip_threshold": [1, None]}
by_pixel = search(
    "Pixels as steps: 40 to 64 steps of one pixel",
    pixels,
    network,
    [
        {"model__n_layers": [1], "model__bidirectional": [False, True], **rest},
        {"model__n_layers": [2], "model__bidirectional": [False], **rest},
    ],
    n_splits=2,
)
print_table(by_pixel)
pixel_baselines = baselines(seen_pixels, n_splits=2)
print_comparison(by_pixel, *pixel_baselines)

# %%
# The picture
# -----------
# Above, every setting of both searches, with the baselines as lines. Below, what the
# network chosen for the rows does on the test images: whom it takes for whom, how often
# it is right when it has read some rows only, and how its mind changes on the way.

BLUE, ORANGE = "#0072b2", "#d55e00"


def plot_search(ax, tuned, tables, title):
    """Draw each setting's accuracy: a line for each shape of the network."""
    results = tuned.cv_results_
    settings = [setting_of(params) for params in results["params"]]
    shapes = sorted(
        {setting[:2] for setting in settings}, key=lambda s: (s[0], s[1] == "both ways")
    )
    lengths = sorted({setting[2] for setting in settings} - {"none"})
    for setting, accuracy in zip(settings, results["mean_test_score"]):
        is_whole, is_clipped = setting[2] == "none", setting[3] != "none"
        color = BLUE if is_whole else ORANGE
        ax.plot(
            accuracy,
            shapes.index(setting[:2]) + (-0.1 if is_clipped else 0.1),
            marker="o" if is_whole else "D",
            markersize=9 if is_whole else 8,
            markeredgewidth=1.8,
            color=color,
            markerfacecolor=color if is_clipped else "white",
        )
    lines = [
        ax.axvline(table.best_score_, color="0.3", linestyle=style, zorder=0)
        for table, style in zip(tables, (":", "--"))
    ]
    marks = [
        Line2D([], [], linestyle="", marker=marker, color=color, markersize=8)
        for marker, color in (("o", BLUE), ("D", ORANGE))
    ]
    fills = [
        Line2D(
            [],
            [],
            linestyle="",
            marker="s",
            color="0.4",
            markerfacecolor=fill,
            markersize=8,
        )
        for fill in ("0.4", "white")
    ]
    ax.legend(
        [*marks, *fills, *lines],
        [
            "gradient through all steps",
            f"through {lengths[0]} steps at most",
            "clipped",
            "not clipped",
            *BASELINES,
        ],
        loc="upper center",
        bbox_to_anchor=(0.5, -0.17),
        ncols=3,
        frameon=False,
        fontsize=9.5,
    )
    ax.set_title(title)
    ax.set_xlabel("accuracy, cross-validated")
    ax.set_yticks(
        range(len(shapes)),
        [f"{n} layer{'s' * (n != '1')}\n{way}" for n, way in shapes],
    )
    ax.set_ylim(len(shapes) - 0.5, -0.5)
    ax.grid(axis="x", color="0.92")
    ax.set_axisbelow(True)


def plot_confusion(ax, y_true, y_pred):
    """Draw how many images of each digit were taken for which."""
    counts = confusion_matrix(y_true, y_pred)
    shares = counts / counts.sum(axis=1, keepdims=True)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1.2)
    for i, j in np.argwhere(counts):
        ax.text(
            j,
            i,
            counts[i, j],
            ha="center",
            va="center",
            fontsize=9,
            color="white" if i == j else "black",
        )
    ax.set_title(f"Rows: {np.trace(counts)} of {counts.sum()} test images right")
    ax.set(xlabel="predicted", ylabel="true", xticks=range(10), yticks=range(10))


def plot_course(ax, model, X, y):
    """Draw the accuracy when only the first rows have been read."""
    accuracy = [model.score([x[:t] for x in X], y) for t in range(1, 9)]
    bars = ax.bar(range(1, 9), accuracy, color=BLUE)
    ax.bar_label(bars, fmt="{:.2f}", padding=2)
    ax.set_title("Accuracy when only the first rows are read")
    ax.set(xlabel="rows read", ylabel="accuracy on test", xticks=range(1, 9))
    ax.set_ylim(0, 1.08)


def plot_minds(axes, model, X):
    """Draw images, and beside each row the probabilities once it has been read."""
    for (image, mind), x in zip(axes, X):
        image.imshow(x, cmap="Greys")
        image.set_axis_off()
        mind.imshow(
            model.predict_proba([x[:t] for t in range(1, 9)]),
            cmap="Blues",
            vmin=0,
            vmax=1,
            aspect="auto",
        )
        mind.set(yticks=[], xticks=range(10))
        mind.tick_params(length=0, labelsize=9)
    axes[0, 1].set_title("Probabilities as rows come in")
    axes[-1, 1].set_xlabel("digit")


model = by_row.best_estimator_
X_test, y_test = take(rows, test), y[test]

figure = plt.figure(figsize=(13.5, 10), layout="constrained")
figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
above, below = figure.subfigures(2, 1, height_ratios=[1, 1.05], hspace=0.04)
searches = above.subplots(1, 2)
plot_search(searches[0], by_row, row_baselines, "Rows as steps: 8 steps of 8 pixels")
plot_search(
    searches[1], by_pixel, pixel_baselines, "Pixels as steps: 40 to 64 steps of 1 pixel"
)
left, middle, right = below.subfigures(1, 3, width_ratios=[1.1, 1, 1.05])
plot_confusion(left.subplots(), y_test, model.predict(X_test))
plot_course(middle.subplots(), model, X_test, y_test)
shown = [X_test[np.flatnonzero(y_test == digit)[0]] for digit in (3, 5, 7, 9)]
plot_minds(right.subplots(4, 2, width_ratios=[1, 2.6]), model, shown)

picture = Path("output") / "digits.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"\nThe picture is in {picture}. All took {perf_counter() - start:.0f} s.")
