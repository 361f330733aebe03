"""
Which sign was drawn in the air?
================================

A pen draws one of five signs: at any angle, size and speed, with a trembling hand, and
from any point on. `RNNClassifier` reads the pen's moves as they are, 20 to 60 of them.

What one would try first needs a table: every path resampled to 20 moves, and a logistic
regression or a random forest on them. A table has no way to say "the same sign, begun
elsewhere and turned".
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier
from skrnn.preprocessing import StepTransformer

# %%
# Signs
# -----
# Each is a closed curve. Two of them are circles that differ only in the direction in
# which they are drawn.

SIGNS = {
    "left circle": lambda a: (np.cos(a), np.sin(a)),
    "right circle": lambda a: (np.cos(a), -np.sin(a)),
    "eight": lambda a: (np.cos(a), np.sin(2 * a)),
    "triangle": lambda a: polygon(a, 3),
    "square": lambda a: polygon(a, 4),
}


def polygon(angle, n_corners):
    """Give the points at `angle` of a regular polygon around the origin."""
    half = np.pi / n_corners
    radius = np.cos(half) / np.cos(angle % (2 * half) - half)
    return radius * np.cos(angle), radius * np.sin(angle)


def draw(sign, rng):
    """Draw a sign once: its path of shape (n_moves + 1, 2)."""
    n_moves = rng.integers(20, 61)
    pace = rng.uniform(0.6, 1.4, size=n_moves).cumsum()
    angle = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.r_[0, pace / pace[-1]]
    path = np.column_stack(SIGNS[sign](angle)) * rng.uniform(0.7, 1.4)
    turn = rng.uniform(0, 2 * np.pi)
    path = path @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    return path + rng.normal(scale=0.02, size=path.shape)


rng = np.random.default_rng(0)
y = rng.choice(list(SIGNS), size=1500)
paths = [draw(sign, rng) for sign in y]
X = [np.diff(path, axis=0) for path in paths]
X_train, X_test, y_train, y_test, _, paths_test = train_test_split(
    X, y, paths, test_size=500, stratify=y, random_state=0
)
print(f"{len(X_train)} paths to learn from, {len(X_test)} to test")

# %%
# The network
# -----------
# With ``pooling="max"`` the output reads the highest value that each unit took on the
# way, so that it matters little where a sign was begun.

network = make_pipeline(
    StepTransformer(StandardScaler()),
    RNNClassifier(
        64,
        pooling="max",
        learning_rate="cosine",
        learning_rate_init=0.005,
        max_iter=40,
        n_iter_no_change=np.inf,
        random_state=0,
    ),
)
network.fit(X_train, y_train)

# %%
# The baselines
# -------------


def resampled(X, n_moves=20):
    """Bring every path to as many moves, one row of a table each."""
    times = np.linspace(0, 1, n_moves)
    return np.array(
        [
            np.ravel([np.interp(times, np.linspace(0, 1, len(x)), c) for c in x.T])
            for x in X
        ]
    )


linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
forest = RandomForestClassifier(random_state=0)
tables = resampled(X_train), resampled(X_test)
accuracy = network.score(X_test, y_test)
print(f"recurrent network, moves as they are     {accuracy:.3f}")
for name, model in (("logistic regression", linear), ("random forest", forest)):
    score = model.fit(tables[0], y_train).score(tables[1], y_test)
    print(f"{name + ', 20 resampled moves':<40} {score:.3f}")

# %%
# What it sees
# ------------
# Left, a path of each sign, from its dot on. Right, the signs taken for another.

figure = plt.figure(figsize=(12, 5), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1.25, 1])
axes = left.subplots(2, 3)
for ax, sign in zip(axes.flat, SIGNS):
    path = paths_test[np.flatnonzero(y_test == sign)[0]]
    ax.plot(*path.T, color="#0072b2")
    ax.plot(*path[0], "o", color="#d55e00", markersize=8)
    ax.set_title(sign)
    ax.set(xticks=[], yticks=[], aspect="equal")
curve = axes.flat[-1]
curve.plot(network[-1].loss_curve_, color="#0072b2")
curve.set(title="loss", xlabel="epoch", ylim=(0, None))

ax = right.subplots()
ConfusionMatrixDisplay.from_estimator(
    network, X_test, y_test, ax=ax, cmap="Blues", colorbar=False, xticks_rotation=30
)
ax.set_title(f"{accuracy:.3f} of the test paths right")
ax.set(xlabel="predicted", ylabel="true")

picture = Path("output") / "gestures.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
