"""
Parts of speech, from the words alone
=====================================

Nouns, verbs and the like in sentences of the English Web Treebank. `TokenEncoder` takes
each word as a tuple of what one sees of it: the word, its endings, its beginnings, its
shape. `RNNTagger` adds up a vector for each of them and reads the sentence from both
ends.

What one would try first goes word by word: a linear model on the same features of the
word and its neighbours, hashed.

Where the treebank cannot be had, the words of Python's ``help()`` pages are tagged: is
a word between quotes, in an indented line, both or neither? The marks themselves are
taken away first.

A downloaded script needs :download:`_data.py </../examples/_data.py>` beside it.
"""

import re
from itertools import chain
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from _data import fetch_or_none, help_pages
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, recall_score
from sklearn.pipeline import make_pipeline

from skrnn import RNNTagger
from skrnn.datasets import fetch_ewt
from skrnn.preprocessing import TokenEncoder

# %%
# Sentences
# ---------


def tagged_paragraphs():
    """Paragraphs of the help pages: their words, and how each was marked."""
    X, y = [], []
    for paragraph in re.split(r"\n\s*\n", "\n\n".join(help_pages())):
        place = "CODE" if paragraph.startswith("   ") else "PROSE"
        words, tags = [], []
        for is_quoted, part in enumerate_quotes(paragraph):
            found = re.findall(r"\w+|[^\w\s]", part)
            words += found
            tags += [f"QUOTED {place}" if is_quoted else place] * len(found)
        if words:
            X.append(words)
            y.append(tags)
    return X, y


def enumerate_quotes(text):
    """Parts of a text between double quotes, and the parts between those."""
    return ((i % 2 == 1, part) for i, part in enumerate(text.split('"')))


ewt = fetch_or_none(fetch_ewt, subset="train", return_X_y=True)
ewt_test = fetch_or_none(fetch_ewt, subset="test", return_X_y=True)
if ewt is None or ewt_test is None:
    print("No treebank here: the words of Python's help() pages in its place")
    X, y = tagged_paragraphs()
    n_train = len(X) * 4 // 5
    X_train, y_train = X[:n_train], y[:n_train]
    X_test, y_test = X[n_train:], y[n_train:]
else:
    print("English Web Treebank")
    (X_train, y_train), (X_test, y_test) = ewt, ewt_test
tags_train, tags_test = list(chain(*y_train)), list(chain(*y_test))
print(f"{len(tags_train):,} words to learn from, {len(tags_test):,} to test")

# %%
# What one sees of a word
# -----------------------


def shape(word):
    """Write capitals as X, small letters as x, digits as 9, repeats once."""
    kinds = re.sub(r"[^\W\d_]", lambda c: "X" if c[0].isupper() else "x", word)
    return re.sub(r"(.)\1+", r"\1\1", re.sub(r"\d", "9", kinds))


def features(word):
    """A tuple of as many features for every word."""
    low = word.lower()
    suffixes = [low[-n:] for n in (1, 2, 3, 4)]
    prefixes = [low[:n] for n in (1, 2, 3)]
    return (low, word, *suffixes, *prefixes, shape(word))


def features_of(sentence):
    """The features of every word of a sentence."""
    return [features(word) for word in sentence]


# %%
# The network
# -----------

network = make_pipeline(
    TokenEncoder(analyzer=features_of),
    RNNTagger(
        128,
        embedding_size=64,
        bidirectional=True,
        learning_rate="cosine",
        learning_rate_init=0.003,
        max_iter=6,
        n_iter_no_change=np.inf,
        random_state=0,
    ),
)
begin = perf_counter()
network.fit(X_train, y_train)
seconds = {"recurrent network": perf_counter() - begin}
predicted = {"recurrent network": np.concatenate(network.predict(X_test))}

# %%
# The baseline
# ------------
# The same features of the word and of its two neighbours on either side.


def features_by_word(sentences):
    """For each word of all sentences what is seen around it, as a list of str."""
    for sentence in sentences:
        seen = [[f"{k}={f}" for k, f in enumerate(features(w))] for w in sentence]
        padded = [["end"]] * 2 + seen + [["end"]] * 2
        for i in range(len(sentence)):
            around = padded[i : i + 5]
            yield [f"{at}:{f}" for at, fs in enumerate(around) for f in fs]


linear = make_pipeline(
    FeatureHasher(2**18, input_type="string"),
    SGDClassifier(
        loss="log_loss", alpha=3e-6, max_iter=5, tol=None, average=True, random_state=0
    ),
)
begin = perf_counter()
linear.fit(features_by_word(X_train), tags_train)
seconds["linear model"] = perf_counter() - begin
predicted["linear model"] = linear.predict(features_by_word(X_test))

for name in predicted:
    accuracy = accuracy_score(tags_test, predicted[name])
    print(f"{name:<18} accuracy {accuracy:.3f}, learned in {seconds[name]:.0f} s")

# %%
# A sentence
# ----------

sentence = "They refuse to permit us to obtain the refuse permit .".split()
print(
    " ".join("/".join(pair) for pair in zip(sentence, network.predict([sentence])[0]))
)

# %%
# Which tags are told
# -------------------

labels, n_words = np.unique(tags_test, return_counts=True)
order = np.argsort(-n_words)
labels, n_words = labels[order], n_words[order]
named = [f"{label}  ({n:,})" for label, n in zip(labels, n_words)]
height = 0.34 * len(labels) + 1.8
figure, ax = plt.subplots(figsize=(8.5, height), layout="constrained")
colors = {"recurrent network": "#0072b2", "linear model": "#d55e00"}
for (name, tags), marker in zip(predicted.items(), ("o", "D")):
    found = recall_score(tags_test, tags, labels=labels, average=None)
    accuracy = accuracy_score(tags_test, tags)
    label = f"{name} ({accuracy:.3f} of all)"
    ax.plot(found, named, marker, color=colors[name], label=label, alpha=0.85)
ax.invert_yaxis()
ax.grid(color="0.92")
ax.set(
    title="Words of each tag that are told right",
    xlabel="share of the test words with this tag (their number)",
)
ax.legend(frameon=False)
picture = Path("output") / "tag_words.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
