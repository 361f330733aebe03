"""
Why gradients explode and vanish, and what helps
================================================

Two letters matter in a sequence of 35, each an A or a B: the first one stands in its
second tenth, the other in its fifth. Which two they were, and in which order, is to be
told at the end. This is the temporal-order problem of Hochreiter and Schmidhuber
(1997), with which Pascanu, Mikolov and Bengio (2013) showed what clipping does.

Three networks of 50 units learn it by plain gradient descent: one without clipping, one
with clipping, and one with clipping whose gradient is cut off before it gets back to
the letters.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skrnn import RNNClassifier
from skrnn.inspection import GradientFlowDisplay, gradient_flow

# %%
# Sequences
# ---------

N_STEPS, N_LETTERS = 35, 6


def draw(n_sequences, rng):
    """Draw sequences of one-hot letters, and which of the four orders each holds."""
    letters = rng.integers(2, N_LETTERS, (n_sequences, N_STEPS))
    pair = rng.integers(0, 2, (2, n_sequences))
    for which, (begin, end) in zip(pair, [(3, 7), (14, 17)]):
        letters[np.arange(n_sequences), rng.integers(begin, end + 1, n_sequences)] = (
            which
        )
    return np.eye(N_LETTERS, dtype=np.float32)[letters], 2 * pair[0] + pair[1]


rng = np.random.default_rng(0)
X, y = draw(10_000, rng)
X_test, y_test = draw(2_000, rng)

# %%
# Three networks
# --------------
# An epoch is 200 updates. Without clipping, one steep place in the loss is enough to
# throw the network far off, to where its gradients vanish: from then on their norms
# are small, too, and nothing is learned.

N_EPOCHS = 6
REMEDIES = {
    "no clipping": {"clip_threshold": None},
    "clipping": {"clip_threshold": 1.0},
    "clipping, truncated": {"clip_threshold": 1.0, "truncation_length": 8},
}

models, accuracies = {}, {}
for name, params in REMEDIES.items():
    model = RNNClassifier(
        50,
        solver="sgd",
        learning_rate_init=0.1,
        momentum=0,
        batch_size=50,
        random_state=0,
        **params,
    )
    models[name], accuracies[name] = model, []
    for _ in range(N_EPOCHS):
        model.partial_fit(X, y, classes=range(4))
        accuracies[name].append(model.score(X_test, y_test))
    print(
        f"{name:20} {accuracies[name][-1]:.3f} of the test sequences right; greatest "
        f"mean gradient norm of an epoch {max(model.grad_norm_curve_):.1f}"
    )

# %%
# How far back the gradient reaches
# ---------------------------------
# What `gradient_flow` shows is the gradient before truncation; the dotted line is where
# training cuts it. The letters stand at lags 18 to 31.

flows = {
    name: gradient_flow(model, X_test[:500], y_test[:500])
    for name, model in models.items()
}
for name, flow in flows.items():
    print(f"{name:20} {flow.verdicts[0][0]}")

# %%
# The pictures
# ------------

figure = plt.figure(figsize=(12, 7), layout="constrained")
upper, lower = figure.subfigures(2, 1)
right, norms = upper.subplots(1, 2)
epochs = np.arange(1, N_EPOCHS + 1)
for name, model in models.items():
    right.plot(epochs, accuracies[name], "o-", label=name)
    norms.semilogy(epochs, model.grad_norm_curve_, "o-", label=name)
right.axhline(0.25, color="0.6", linestyle=":", label="chance")
right.set(xlabel="epoch", ylabel="test accuracy", ylim=(0, 1.05))
norms.set(xlabel="epoch", ylabel="mean gradient norm")
upper.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=4)
for ax, (name, flow) in zip(lower.subplots(1, 3, sharey=True), flows.items()):
    GradientFlowDisplay(flow).plot(ax)
    ax.set_title(name)
    ax.get_legend().set_loc("lower center")
    ax.label_outer()

picture = Path("output") / "temporal_order.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
