"""
What does the network look at, and how far back?
================================================

A guest writes what was good and what was not. One remark of each text is about the
food, and only this one counts; the others are talk. A network must carry the guest's
verdict from the middle of the text to its end.

`skrnn.inspection` shows what it does: how its training went, how far back the gradient
reaches, what its states are at each word, and which words moved the prediction.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skrnn import RNNClassifier
from skrnn.inspection import (
    GradientFlowDisplay,
    HiddenStateDisplay,
    LossCurveDisplay,
    gradient_flow,
    step_importance,
)
from skrnn.preprocessing import TokenEncoder

# %%
# Texts
# -----
# The words "not" and "never" turn a remark round.

THINGS = ["rooms", "staff", "view", "beds", "pool", "price"]
GOOD, BAD = ["great", "lovely", "fine"], ["awful", "poor", "sad"]


def remark(thing, rng):
    """Make a remark; whether it is praise."""
    is_good, is_negated = rng.random(2) < 0.5
    word = rng.choice(GOOD if is_good else BAD)
    negation = [rng.choice(["not", "never"])] if is_negated else []
    return ["the", thing, "was", *negation, word], is_good != is_negated


def write(rng):
    """Make a text, and whether it praises the food."""
    things = list(rng.choice(THINGS, size=rng.integers(1, 5), replace=False))
    place = rng.integers(len(things) + 1)
    things.insert(place, "food")
    remarks = [remark(thing, rng) for thing in things]
    return " ".join(word for words, _ in remarks for word in words), remarks[place][1]


rng = np.random.default_rng(0)
texts, y = zip(*[write(rng) for _ in range(2000)])
y = np.where(y, "praise", "blame")
encoder = TokenEncoder().fit(texts)
X = encoder.transform(texts)
X_train, X_test, y_train, y_test = X[:1500], X[1500:], y[:1500], y[1500:]

# %%
# Two networks
# ------------
# Both read forward only. One predicts from its last state, to which it must carry the
# verdict; the other from the highest value that each unit took on the way.


def network(pooling):
    """A small network, trained for a few epochs."""
    return RNNClassifier(
        32,
        embedding_size=8,
        pooling=pooling,
        clip_threshold=0.5,
        early_stopping=True,
        learning_rate="cosine",
        learning_rate_init=0.01,
        max_iter=20,
        n_iter_no_change=np.inf,
        random_state=0,
    )


models = {name: network(name).fit(X_train, y_train) for name in ("last", "max")}
for pooling, model in models.items():
    print(f"{pooling:<5} {model.score(X_test, y_test):.3f} of the test texts right")

# %%
# How far back
# ------------
# The gradient's norm by lag, from the last word to the first, put in words. Pooling
# over the steps gives every state a way of its own to the loss.

flows = {
    pooling: gradient_flow(model, X_test, y_test) for pooling, model in models.items()
}
for pooling, flow in flows.items():
    print(f"{pooling:<5} {flow.verdicts[0][0]}")

# %%
# Which words
# -----------
# In a notebook, the last line of a cell shows this as coloured text. Gradient times
# input is what a small change of a word would do. Where the last state alone is read,
# and has made up its mind, that says little of a word that decided long ago; where the
# steps are pooled, the words about the food stand out.

text = "the food was never awful the rooms was poor the view was sad"
for pooling, model in models.items():
    print(pooling)
    print(step_importance(model, encoder.transform([text]), tokens=[text.split()]))

# %%
# The pictures
# ------------

figure = plt.figure(figsize=(14, 9), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 1.6])
LossCurveDisplay.from_estimator(models["last"], ax=left.subplots(2, 1, sharex=True))
left.suptitle("Training (last state)")
axes = right.subplot_mosaic([["last", "max"], ["states", "states"]])
axes["last"].sharey(axes["max"])
for pooling, flow in flows.items():
    GradientFlowDisplay(flow).plot(axes[pooling])
    axes[pooling].set_title(f"How far the gradient reaches ({pooling})")
HiddenStateDisplay.from_estimator(
    models["max"],
    encoder.transform([text])[0],
    labels=text.split(),
    ax=axes["states"],
    colorbar=False,
)
axes["states"].set_title("States, word by word (max)")

picture = Path("output") / "inspect_a_model.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
