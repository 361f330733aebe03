"""
Which language is this name from?
=================================

Family names from eighteen languages, and half of them Russian. `RNNClassifier`
reads a name letter by letter, from both ends. What one would try first weighs pieces of
one to four letters by `TfidfVectorizer` and gives them to a logistic regression.

With the letters of one language `RNNLanguageModel` learns to make names up.

Where the names cannot be had, words of Python's ``help()`` pages are told apart: the
names of Python's own things, or words of its English?

A downloaded script needs :download:`_data.py </../examples/_data.py>` beside it.
"""

import builtins
import keyword
import pkgutil
import re
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from _data import fetch_or_none, help_pages
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier, RNNLanguageModel
from skrnn.datasets import fetch_names
from skrnn.preprocessing import TokenEncoder

# %%
# Names
# -----
# A name that is in the training part is not in the test part as well: each occurs once
# for a language.


def names_in_python():
    """Names in Python (its keywords, builtins, modules, methods) and English words."""
    python = {*keyword.kwlist, *dir(builtins)}
    python |= {module.name for module in pkgutil.iter_modules()}
    for kind in vars(builtins).values():
        python |= set(dir(kind)) if isinstance(kind, type) else set()
    python = {name.strip("_").lower() for name in python} - {""}
    prose = re.findall(r"(?<= )[a-z]{2,}(?= )", "\n".join(help_pages()))
    english = set(prose) - python
    words = [*sorted(english), *sorted(python)]
    return words, np.repeat(["English", "Python"], [len(english), len(python)])


given = fetch_or_none(fetch_names, return_X_y=True)
if given is None:
    print("No family names here: names in Python and words of its help() pages instead")
    given = names_in_python()
    to_invent = ["Python", "English"]
else:
    print("Family names by language")
    to_invent = ["Italian", "Japanese"]
pairs = sorted(set(zip(*given)))
X, y = [name for name, _ in pairs], np.array([language for _, language in pairs])
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.25, stratify=y, random_state=0
)
print(f"{len(X_train):,} to learn from, {len(X_test):,} to test, ", end="")
print(f"{len(set(y))} languages")

# %%
# The network, and the baseline
# -----------------------------
# Both are told of rare languages that they count as much as others, in part: a weight
# between equal names and equal languages. One network reads letters. The other is given
# with each letter the pieces that end there, as a tuple: three vectors that add up.

languages, n_names = np.unique(y_train, return_counts=True)
weights = dict(zip(languages, np.sqrt(n_names.mean() / n_names)))


def letters_with_those_before(name):
    """For each letter, and the end: it, with the one and the two before it."""
    padded = f"  {name} "
    return [
        (padded[i], padded[i - 1 : i + 1], padded[i - 2 : i + 1])
        for i in range(2, len(padded))
    ]


def network(**options):
    """A network that reads the ids of the tokens."""
    return RNNClassifier(
        128,
        bidirectional=True,
        class_weight=weights,
        learning_rate="cosine",
        learning_rate_init=0.005,
        max_iter=12,
        n_iter_no_change=np.inf,
        random_state=0,
        **options,
    )


models = {
    "network, letters": make_pipeline(
        TokenEncoder(analyzer="char", lowercase=False),
        network(embedding_size=32, pooling="max", dropout=0.3),
    ),
    "network, with those before": make_pipeline(
        TokenEncoder(analyzer=letters_with_those_before),
        network(embedding_size=64, pooling="mean", dropout=0.5, token_dropout=0.2),
    ),
    "logistic regression": make_pipeline(
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(1, 4), lowercase=False, sublinear_tf=True
        ),
        LogisticRegression(C=20, class_weight=weights, max_iter=300),
    ),
}
predicted = {}
for name, model in models.items():
    begin = perf_counter()
    predicted[name] = model.fit(X_train, y_train).predict(X_test)
    print(
        f"{name:<26} macro-F1 {f1_score(y_test, predicted[name], average='macro'):.3f}"
        f", accuracy {accuracy_score(y_test, predicted[name]):.3f}"
        f", learned in {perf_counter() - begin:.0f} s"
    )

# %%
# Names that nobody has
# ---------------------
# Those that the model knows by heart are left out.

for language in to_invent:
    known = [name for name, kind in zip(X, y) if kind == language]
    writer = RNNLanguageModel(64, max_iter=40, random_state=0).fit(known)
    made = writer.sample(20, max_tokens=20, temperature=0.8, random_state=0)
    new = [name for name in dict.fromkeys(made) if name not in known]
    print(f"invented, {language}: {', '.join(new[:8])}")

# %%
# Which languages are told
# ------------------------

f1 = {
    name: f1_score(y_test, tags, labels=languages, average=None)
    for name, tags in predicted.items()
}
order = np.argsort(-f1["network, with those before"])
languages = languages[order]
height = max(4.5, 0.36 * len(languages) + 1.6)
figure, (left, right) = plt.subplots(
    1, 2, figsize=(14, height), layout="constrained", width_ratios=[1, 1.2]
)
n_names = [np.sum(y_test == language) for language in languages]
named = [f"{language}  ({n:,})" for language, n in zip(languages, n_names)]
for (name, scores), marker, color in zip(
    f1.items(), "^oD", ("#56b4e9", "#0072b2", "#d55e00")
):
    label = f"{name} (mean {scores.mean():.3f})"
    left.plot(scores[order], named, marker, color=color, label=label, alpha=0.85)
left.invert_yaxis()
left.grid(color="0.92")
left.legend(frameon=False)
left.set(title="F1 by language (test names)", xlim=(0, 1.02))

shares = confusion_matrix(
    y_test, predicted["network, with those before"], labels=languages, normalize="true"
)
right.imshow(shares, cmap="Blues", vmin=0, vmax=1)
for (i, j), share in np.ndenumerate(shares):
    if share >= 0.05:
        color = "white" if share > 0.5 else "black"
        right.text(j, i, f"{share:.0%}", ha="center", va="center", color=color, size=8)
right.set_xticks(range(len(languages)), languages, rotation=60, ha="right")
right.set_yticks(range(len(languages)), languages)
right.set(title="What the network takes them for", xlabel="predicted", ylabel="true")

picture = Path("output") / "tell_languages.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
