"""
What clipping does, update by update
====================================

Which keys sound next in a folk tune? A plain recurrent network learns it by gradient
descent, from some of the Nottingham tunes, as in Pascanu, Mikolov and Bengio (2013).
Now and then a gradient is many times as long as the others, and one step along it
undoes what was learned. Clipping makes it as long as the others.

Where the tunes cannot be had, we make some up.

A downloaded script needs :download:`_data.py </../examples/_data.py>` beside it.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from _data import folder
from scipy.io import loadmat

from skrnn import RNNTagger

# %%
# Tunes
# -----
# A tune is a piano roll: 88 keys, on or off at each step. They are cut into pieces of
# 100 steps. The target of a step is what sounds at the next one.

N_STEPS, N_KEYS = 100, 88


def nottingham():
    """Tunes to train on and tunes to test on, or None where they cannot be had."""
    path = (folder() or Path()) / "nottingham" / "Nottingham.mat"
    if not path.exists():
        return None
    content = loadmat(path)
    return content["traindata"].ravel()[:200], content["testdata"].ravel()[:60]


def make_up(rng):
    """Make a tune up: two parts of eight bars, each played twice.

    In a bar sound one of three chords and a melody, which moves along the scale.
    """
    scale = np.add.outer([36, 48], [0, 2, 4, 5, 7, 9, 11]).ravel()
    parts, place = [], 7
    for _ in range(2):
        roll = np.zeros((64, N_KEYS))
        for bar in range(8):
            root = 0 if bar in (0, 7) else rng.choice([0, 3, 4])
            roll[8 * bar : 8 * bar + 8, scale[[root, root + 2, root + 4]] - 12] = 1
            for beat in range(4):
                place = np.clip(place + rng.integers(-2, 3), 0, 13)
                roll[8 * bar + 2 * beat : 8 * bar + 2 * beat + 2, scale[place]] = 1
        parts += [roll, roll]
    return np.concatenate(parts)


def cut(tunes):
    """Pieces of the tunes, and what sounds one step later."""
    X, y = [], []
    for tune in tunes:
        for begin in range(0, len(tune) - N_STEPS, N_STEPS):
            X.append(tune[begin : begin + N_STEPS])
            y.append(tune[begin + 1 : begin + N_STEPS + 1])
    return np.array(X, dtype=np.float32), np.array(y, dtype=np.uint8)


tunes = nottingham()
if tunes is None:
    print("No Nottingham tunes here: made-up ones in their place")
    rng = np.random.default_rng(0)
    tunes = [[make_up(rng) for _ in range(n)] for n in (200, 60)]
else:
    print("Nottingham tunes")
X, y = cut(tunes[0])
X_test, y_test = cut(tunes[1])
print(f"{len(X)} pieces to learn from, {len(X_test)} to test on")

# %%
# Three runs
# ----------
# The first two differ by clipping only; the third one has a lower rate in its place.
# Each call of `partial_fit` is one update here, so `grad_norm_curve_` holds the norm of
# every gradient, before clipping.

N_EPOCHS, BATCH_SIZE = 12, 10
RUNS = {
    "clipping": {"clip_threshold": 3.0, "learning_rate_init": 0.3},
    "no clipping": {"clip_threshold": None, "learning_rate_init": 0.3},
    "no clipping, low rate": {"clip_threshold": None, "learning_rate_init": 0.05},
}


def negative_log_likelihood(model):
    """Nats a step on the test pieces: the loss summed over the keys."""
    p = np.stack(model.predict_proba(X_test)).astype(np.float64)
    return -np.log(np.where(y_test, p, 1 - p).clip(1e-12)).sum(axis=-1).mean()


models, losses = {}, {}
for name, params in RUNS.items():
    model = RNNTagger(
        100, solver="sgd", momentum=0, alpha=0, batch_size=BATCH_SIZE, random_state=0
    ).set_params(**params)
    models[name], losses[name] = model, []
    rng = np.random.default_rng(0)
    for _ in range(N_EPOCHS):
        batches = np.array_split(rng.permutation(len(X)), len(X) // BATCH_SIZE)
        for members in batches:
            model.partial_fit(X[members], y[members])
        losses[name].append(negative_log_likelihood(model))
    norms = np.array(model.grad_norm_curve_)
    print(
        f"{name:22} {losses[name][-1]:6.2f} nats a step; gradient norm: median "
        f"{np.median(norms):.1f}, greatest {norms.max():.0f}; "
        f"{np.mean(model.clip_fraction_curve_):.0%} of the updates clipped"
    )

# %%
# The pictures
# ------------
# What is above the dashed line was scaled down to it in the run with clipping. Without,
# a few long gradients throw the network far off, where gradients are longer still, and
# most of the training goes by before it is back, if it ever is. A lower rate bears
# them, and is slower for all the others. :doc:`/user_guide/long_sequences` has the
# figures of all tunes, twice as many units and more epochs, with the rate of each run
# tuned; they are lower for all runs.

figure, (upper, lower) = plt.subplots(2, 1, figsize=(9, 8), layout="constrained")
for name, model in models.items():
    epochs = np.arange(1, N_EPOCHS + 1)
    norms = model.grad_norm_curve_
    upper.semilogy(
        np.linspace(0, N_EPOCHS, len(norms)), norms, linewidth=0.9, label=name
    )
    lower.semilogy(epochs, losses[name], "o-", label=name)
upper.axhline(3.0, color="0.3", linestyle="--", label="clip_threshold=3")
upper.set(xlabel="epoch", ylabel="gradient norm, before clipping")
lower.set(xlabel="epoch", ylabel="nats a step, test pieces")
lower.set_yticks([2, 3, 5, 10, 20, 50], [2, 3, 5, 10, 20, 50])
lower.minorticks_off()
lower.sharex(upper)
figure.legend(*upper.get_legend_handles_labels(), loc="outside upper center", ncols=2)

picture = Path("output") / "clipping.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
