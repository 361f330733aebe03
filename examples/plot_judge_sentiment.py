"""
Does the critic like the film?
==============================

Sentences of film reviews, for or against. Words become ids by `TokenEncoder`, and
`RNNClassifier` reads them in their order. What one would try first drops the order:
the words' weights by `TfidfVectorizer`, and a logistic regression.

A network that reads from left to right only can be followed live: the picture shows how
its judgement moves with every word.

Where the reviews cannot be had, the lines of Python's ``help()`` pages are told apart:
code (indented) or prose?

A downloaded script needs :download:`_data.py </../examples/_data.py>` beside it.
"""

from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from _data import fetch_or_none, help_pages
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier
from skrnn.datasets import fetch_sentence_polarity
from skrnn.preprocessing import TokenEncoder

# %%
# Sentences
# ---------


def lines_of_help():
    """Different lines of two words and more: 1 where they are indented, else 0."""
    lines = dict.fromkeys("\n".join(help_pages()).splitlines())
    lines = [line for line in lines if len(line.split()) > 1]
    kinds = np.array([line.startswith("   ") for line in lines], dtype=int)
    return [line.strip() for line in lines], kinds


reviews = fetch_or_none(fetch_sentence_polarity)
if reviews is None:
    print("No film reviews here: the lines of Python's help() pages in their place")
    texts, y = lines_of_help()
    names = ["prose", "code"]
    lead = "Is the line code?"
else:
    print("Sentence polarity, of film reviews")
    texts, y = reviews.data, reviews.target
    names = reviews.target_names
    lead = "Is the review positive?"
print(f"{len(texts):,} texts, {np.mean(y):.0%} of them {names[1]}")

# %%
# The network, and the baseline
# -----------------------------
# A step of the network is a word with its first four letters: two ids, whose
# embeddings add up. Rare words share the letters with others that mean much the same.


def words(text):
    """Of each word: itself and its first four letters."""
    return [(word, word[:4]) for word in text.split()]


def network(**options):
    """Token ids, and a network that reads them."""
    classifier = RNNClassifier(
        32,
        embedding_size=256,
        dropout=0.5,
        token_dropout=0.5,
        learning_rate="cosine",
        learning_rate_init=0.001,
        max_iter=8,
        n_iter_no_change=np.inf,
        random_state=0,
        **options,
    )
    return make_pipeline(TokenEncoder(analyzer=words), classifier)


models = {
    "recurrent network": network(bidirectional=True, pooling="mean"),
    "logistic regression": make_pipeline(
        TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=10, max_iter=300),
    ),
}
folds = StratifiedShuffleSplit(n_splits=3, test_size=0.1, random_state=0)
for name, model in models.items():
    begin = perf_counter()
    scores = cross_val_score(model, texts, y, cv=folds)
    print(
        f"{name:<20} accuracy {scores.mean():.3f}, of each fold "
        f"{' '.join(f'{score:.3f}' for score in scores)}, "
        f"{perf_counter() - begin:.0f} s"
    )

# %%
# Word by word
# ------------
# A network of one direction is fitted on all but the first fold's test part, and then
# follows some of its texts, in which the judgement moves most.

train, test = next(folds.split(texts, y))
encoder, live = network(pooling="mean").fit([texts[i] for i in train], y[train])
test = np.array([i for i in test if 7 <= len(texts[i].split()) <= 16])


def follow(text):
    """Probability of the second class after each word."""
    follower = live.follow()
    [ids] = encoder.transform([text])
    return np.array([follower.predict_proba(i)[1] for i in ids])


courses = {i: follow(texts[i]) for i in test}
right = np.mean([(p[-1] > 0.5) == y[i] for i, p in courses.items()])
print(f"one direction, followed to the end: {right:.3f} of {len(test)} texts right")
moved = sorted(test, key=lambda i: -np.abs(np.diff(courses[i])).sum())
shown = [next(i for i in moved if y[i] == kind) for kind in (0, 1)]
shown += [next(i for i in moved if y[i] == kind and i not in shown) for kind in (0, 1)]

figure, axes = plt.subplots(2, 2, figsize=(13, 8), layout="constrained", sharey=True)
for ax, i in zip(axes.flat, shown):
    p = courses[i]
    ax.axhline(0.5, color="0.8")
    ax.plot(p, color="0.6")
    colors = np.where(p > 0.5, "#0072b2", "#d55e00")
    ax.scatter(range(len(p)), p, color=colors, zorder=2)
    ax.set_xticks(range(len(p)), texts[i].split(), rotation=45, ha="right")
    ax.set(ylim=(0, 1), title=f"in truth {names[y[i]]}")
for ax in axes[:, 0]:
    ax.set_ylabel(f"probability of “{names[1]}”")
figure.suptitle(f"{lead} The judgement after each word")

picture = Path("output") / "judge_sentiment.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
