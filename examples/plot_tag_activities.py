"""
What is the wearer doing, second by second?
===========================================

A sensor at the wrist gives two numbers a step: how hard it is shaken, and how far it is
tilted. In single steps, rest, walking, running and riding a bus look alike; but they
last, and follow each other in likely ways. `RNNTagger` gives every step a label, and
with ``bidirectional=True`` it looks at what comes before and after.

What one would try first is a logistic regression, on the step alone or on a window of
steps around it.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNTagger
from skrnn.preprocessing import StepTransformer

# %%
# Days of 150 to 400 steps
# ------------------------
# One goes to the bus on foot, and rests before running and after. The sensor is noisy,
# and now and then it is knocked.

ACTIVITIES = ["rest", "walk", "run", "bus"]
NEXT = {"rest": [0, 0.6, 0.4, 0], "walk": [0.5, 0, 0, 0.5], "run": [1, 0, 0, 0]}
NEXT["bus"] = [0, 1, 0, 0]
SHAKING = {"rest": 0.2, "walk": 1.0, "run": 1.8, "bus": 0.6}
TILT = {"rest": 0.0, "walk": 0.3, "run": 0.6, "bus": 0.2}


def live(rng):
    """Make the measurements of a day and their labels."""
    n_steps = rng.integers(150, 401)
    labels, activity = [], rng.choice(ACTIVITIES)
    while len(labels) < n_steps:
        labels += [activity] * rng.integers(8, 50)
        activity = rng.choice(ACTIVITIES, p=NEXT[activity])
    labels = np.array(labels[:n_steps])
    shaking = np.array([SHAKING[label] for label in labels])
    shaking += rng.normal(scale=0.45, size=n_steps)
    shaking[rng.random(n_steps) < 0.05] += 1.5
    tilt = np.array([TILT[label] for label in labels])
    tilt += rng.normal(scale=0.4, size=n_steps)
    return np.column_stack([shaking, tilt]), labels


rng = np.random.default_rng(0)
days = [live(rng) for _ in range(160)]
X, y = [x for x, _ in days], [labels for _, labels in days]
X_train, X_test, y_train, y_test = X[:120], X[120:], y[:120], y[120:]
print(f"{len(X_train)} days to learn from, {len(X_test)} to test")

# %%
# The network
# -----------
# ``truncation_length=50``: no gradient passes through more than 50 steps of a day.


def tagger(**parameters):
    """Make a tagger of standardised steps."""
    return make_pipeline(
        StepTransformer(StandardScaler()),
        RNNTagger(
            32,
            truncation_length=50,
            learning_rate="cosine",
            learning_rate_init=0.005,
            batch_size=8,
            max_iter=25,
            n_iter_no_change=np.inf,
            random_state=0,
            **parameters,
        ),
    )


one_way = tagger().fit(X_train, y_train)
both_ways = tagger(bidirectional=True).fit(X_train, y_train)

# %%
# The baselines
# -------------


def windows(X, n_around):
    """Put each step beside the `n_around` ones before and after it, in one row."""
    rows = []
    for x in X:
        padded = np.pad(x, ((n_around, n_around), (0, 0)), mode="edge")
        shifts = [padded[i : i + len(x)] for i in range(2 * n_around + 1)]
        rows.append(np.hstack(shifts))
    return np.concatenate(rows)


def fit_windows(n_around):
    """Fit a logistic regression to windows of steps."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(windows(X_train, n_around), np.concatenate(y_train))


alone, around = fit_windows(0), fit_windows(7)
all_y = np.concatenate(y_test)
for name, accuracy in (
    ("logistic regression, the step alone", alone.score(windows(X_test, 0), all_y)),
    ("logistic regression, 7 steps each side", around.score(windows(X_test, 7), all_y)),
    ("recurrent network, one way", one_way.score(X_test, y_test)),
    ("recurrent network, both ways", both_ways.score(X_test, y_test)),
):
    print(f"{name:<40} {accuracy:.3f} of the steps right")

# %%
# One day
# -------
# The network's labels come in long stretches, as the true ones do, and its
# probabilities say where it is in doubt.

COLORS = {"rest": "#56b4e9", "walk": "#009e73", "run": "#d55e00", "bus": "#f0e442"}
x, labels = X_test[0], y_test[0]
colors = ListedColormap([COLORS[label] for label in both_ways.classes_])
bands = {
    "true": labels,
    "network": both_ways.predict([x])[0],
    "logistic, 7\neach side": around.predict(windows([x], 7)),
}

figure, axes = plt.subplots(
    5,
    1,
    figsize=(12, 7),
    sharex=True,
    layout="constrained",
    gridspec_kw={"height_ratios": [2.5, 0.6, 0.6, 0.6, 2]},
)
axes[0].plot(x[:, 0], color="#0072b2", label="shaking")
axes[0].plot(x[:, 1] - 2.5, color="0.4", label="tilt (shifted)")
axes[0].legend(loc="upper right", ncols=2)
axes[0].set(yticks=[], ylabel="measured", ylim=(-4.5, 5.5), xlim=(0, len(x)))
for ax, (name, tags) in zip(axes[1:], bands.items()):
    codes = np.searchsorted(both_ways.classes_, tags)
    ax.imshow(codes[None], cmap=colors, extent=(0, len(x), 0, 1), aspect="auto")
    ax.set(yticks=[])
    right = "" if name == "true" else f"\n{np.mean(tags == labels):.2f} right"
    ax.set_ylabel(name + right, rotation=0, ha="right", va="center")
probabilities = both_ways.predict_proba([x])[0]
axes[-1].stackplot(np.arange(len(x)) + 0.5, probabilities.T, colors=colors.colors)
axes[-1].set(ylabel="probability", xlabel="step", ylim=(0, 1))
figure.legend(
    handles=[Patch(color=color, label=name) for name, color in COLORS.items()],
    loc="outside upper center",
    ncols=4,
    frameon=False,
)

picture = Path("output") / "activities.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
