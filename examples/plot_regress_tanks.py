"""
Two tanks: a number a step, and a number a run
==============================================

Water runs into a tank, from there into a second one, and away. Only the inflow is
measured. How high does the water stand in the second tank, at every step? And how much
is spilled over the rim of the first in a whole run, a step on average? Both depend on
what ran in before, and not linearly: outflow goes with the root of the level, and a
full tank spills.

`RNNRegressor` answers the first with ``per_step=True``, the second without. What one
would try first is a ridge regression, on the last inflows or on their summary.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNRegressor

# %%
# Runs of 60 to 180 steps
# -----------------------


def run(rng):
    """Let water run: inflow, levels of the second tank, what is spilled a step."""
    n_steps = rng.integers(60, 181)
    valve = np.repeat(rng.uniform(0, 0.2, size=n_steps), rng.integers(5, 20, n_steps))
    inflow = valve[:n_steps] * rng.uniform(0.9, 1.1, size=n_steps)
    first = second = spilled = 0.0
    levels = np.empty(n_steps)
    for t in range(n_steps):
        between = min(first, 0.12 * np.sqrt(first))
        first += inflow[t] - between
        spilled += max(first - 1, 0)
        first = min(first, 1)
        second += between - min(second, 0.11 * np.sqrt(second))
        levels[t] = second
    return 10 * inflow.reshape(-1, 1), levels, spilled / n_steps


rng = np.random.default_rng(0)
runs = [run(rng) for _ in range(600)]
X = [inflow for inflow, _, _ in runs]
levels = [level for _, level, _ in runs]
spilled = np.array([spill for _, _, spill in runs])
X_train, X_test = X[:400], X[400:]
print(f"{len(X_train)} runs to learn from, {len(X_test)} to test")

# %%
# The level at every step
# -----------------------
# The target is a list with an array of as many numbers as the run has steps.

settings = {
    "batch_size": 16,
    "learning_rate": "cosine",
    "learning_rate_init": 0.005,
    "n_iter_no_change": np.inf,
    "random_state": 0,
}
level_network = RNNRegressor(32, per_step=True, max_iter=40, **settings)
level_network.fit(X_train, levels[:400])
level_r2 = level_network.score(X_test, levels[400:])


def lagged(X, n_lags=20):
    """Put each step's inflow beside the `n_lags` before it, in one row."""
    rows = []
    for x in X:
        padded = np.concatenate([np.zeros(n_lags), x[:, 0]])
        rows.append(np.lib.stride_tricks.sliding_window_view(padded, n_lags + 1))
    return np.concatenate(rows)


level_ridge = RidgeCV().fit(lagged(X_train), np.concatenate(levels[:400]))
ridge_r2 = level_ridge.score(lagged(X_test), np.concatenate(levels[400:]))
print("level, R^2 over all steps")
print(f"   ridge on the last 20 inflows   {ridge_r2:.3f}")
print(f"   recurrent network              {level_r2:.3f}")

# %%
# What is spilled in a run
# ------------------------
# The target is a number for each run. It is small, so it is scaled: as for any other
# regressor, `TransformedTargetRegressor` does that.

spill_network = TransformedTargetRegressor(
    RNNRegressor(32, pooling="mean", max_iter=60, **settings),
    transformer=StandardScaler(),
)
spill_network.fit(X_train, spilled[:400])
spill_r2 = spill_network.score(X_test, spilled[400:])


def summary(X):
    """Sum up each run in a row of a table."""
    return np.array(
        [[len(x), x.sum(), x.mean(), x.std(), x.max(), *x[-1], *x[0]] for x in X]
    )


spill_ridge = make_pipeline(StandardScaler(), RidgeCV())
spill_ridge.fit(summary(X_train), spilled[:400])
summary_r2 = spill_ridge.score(summary(X_test), spilled[400:])
print("spilled a step, R^2 over all runs")
print(f"   ridge on summary statistics    {summary_r2:.3f}")
print(f"   recurrent network              {spill_r2:.3f}")

# %%
# The picture
# -----------
# Left, a run that the models have not seen. Right, every such run is a point; a perfect
# model would put all on the line.

BLUE, ORANGE = "#0072b2", "#d55e00"
x, level = X_test[2], levels[402]

figure = plt.figure(figsize=(13, 5.5), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1.35, 1])
above, below = left.subplots(2, 1, sharex=True, height_ratios=[1, 2.4])
above.fill_between(np.arange(len(x)), x[:, 0], step="mid", color="0.6")
above.set(ylabel="inflow", ylim=(0, None), title="The level at every step of a run")
below.plot(level, color="black", linewidth=3.5, alpha=0.3, label="true")
below.plot(
    level_ridge.predict(lagged([x])),
    color=ORANGE,
    linestyle="--",
    label=f"ridge on the last 20 inflows ($R^2$ {ridge_r2:.2f})",
)
below.plot(
    level_network.predict([x])[0],
    color=BLUE,
    label=f"recurrent network ($R^2$ {level_r2:.2f})",
)
below.set(xlabel="step", ylabel="level of the second tank", ylim=(0, None))
below.legend()

ax = right.subplots()
top = 1.08 * spilled[400:].max()
ax.plot([0, top], [0, top], color="0.6", zorder=0)
for model, data, color, marker, name in (
    (spill_ridge, summary(X_test), ORANGE, "^", f"ridge ($R^2$ {summary_r2:.2f})"),
    (spill_network, X_test, BLUE, "o", f"network ($R^2$ {spill_r2:.2f})"),
):
    ax.scatter(
        spilled[400:], model.predict(data), s=22, color=color, marker=marker, label=name
    )
ax.set(title="What is spilled a step, by run", xlabel="true", ylabel="predicted")
ax.locator_params(axis="x", nbins=5)
ax.legend()

picture = Path("output") / "tanks.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
