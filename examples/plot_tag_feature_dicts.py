"""
Feature dicts: from a conditional random field to a recurrent network
=====================================================================

Who tags with a conditional random field writes a dict of features for every token, and
gives lists of lists of dicts with lists of lists of labels. `RNNTagger` takes the same
data: behind a `DictVectorizer` it stands where the CRF stood, in a search as well.

The words come from the English Web Treebank, and where it cannot be had from sentences
that this script holds. Those are so easy that both get them right.

A downloaded script needs :download:`_data.py </../examples/_data.py>` beside it.
"""

from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from _data import fetch_or_none
from scipy.stats import loguniform
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline

from skrnn import RNNTagger
from skrnn.datasets import fetch_ewt
from skrnn.metrics import flat_accuracy_score, flat_f1_scorer
from skrnn.preprocessing import StepTransformer

# %%
# Sentences with a tag for every word
# -----------------------------------

SAMPLE = """
the/DET old/ADJ dog/NOUN sleeps/VERB ./PUNCT
a/DET cat/NOUN watches/VERB the/DET small/ADJ bird/NOUN ./PUNCT
she/PRON reads/VERB a/DET long/ADJ letter/NOUN slowly/ADV ./PUNCT
they/PRON often/ADV walk/VERB to/ADP the/DET river/NOUN ./PUNCT
Anna/PROPN and/CCONJ Peter/PROPN sing/VERB loudly/ADV ./PUNCT
he/PRON paints/VERB the/DET wooden/ADJ door/NOUN of/ADP the/DET house/NOUN ./PUNCT
we/PRON never/ADV eat/VERB cold/ADJ soup/NOUN ./PUNCT
the/DET children/NOUN play/VERB in/ADP the/DET quiet/ADJ garden/NOUN ./PUNCT
a/DET tall/ADJ man/NOUN opens/VERB the/DET window/NOUN ./PUNCT
Maria/PROPN quickly/ADV closes/VERB the/DET heavy/ADJ book/NOUN ./PUNCT
it/PRON rains/VERB on/ADP the/DET green/ADJ hills/NOUN ./PUNCT
the/DET young/ADJ teacher/NOUN and/CCONJ the/DET pupils/NOUN laugh/VERB ./PUNCT
"""


def read_sample():
    """Sentences of this script, some words exchanged to make many of them."""
    rng = np.random.default_rng(0)
    sentences = [
        [tuple(pair.rsplit("/", 1)) for pair in line.split()]
        for line in SAMPLE.strip().splitlines()
    ]
    words = {}
    for word, tag in (pair for sentence in sentences for pair in sentence):
        words.setdefault(tag, []).append(word)
    made = [
        [(str(rng.choice(words[tag])), tag) for _, tag in sentences[i]]
        for i in rng.integers(len(sentences), size=400)
    ]
    return made[:300], made[300:]


def read_treebank(subset, n_sentences):
    """The first sentences of a part of the treebank, or None where it is not to get."""
    treebank = fetch_or_none(fetch_ewt, subset=subset)
    if treebank is None:
        return None
    pairs = zip(treebank.data[:n_sentences], treebank.target)
    return [list(zip(words, tags)) for words, tags in pairs]


train, test = read_treebank("train", 2000), read_treebank("test", 500)
if train and test:
    print("English Web Treebank, its first 2,000 sentences")
else:
    print("No treebank: sentences made from those in this script")
    train, test = read_sample()

# %%
# Features of a word and its neighbours
# -------------------------------------


def features_of_word(sentence, i):
    """Features of the word at `i`, as one writes them for a CRF."""
    word = sentence[i][0]
    features = {
        "bias": 1.0,
        "word": word.lower(),
        "suffix 3": word[-3:],
        "suffix 2": word[-2:],
        "is title": word.istitle(),
        "is digit": word.isdigit(),
        "is first": i == 0,
        "is last": i == len(sentence) - 1,
    }
    if i > 0:
        features["word before"] = sentence[i - 1][0].lower()
    if i < len(sentence) - 1:
        features["word after"] = sentence[i + 1][0].lower()
    return features


def features_of(sentences):
    """A list of dicts for each sentence."""
    return [[features_of_word(s, i) for i in range(len(s))] for s in sentences]


def tags_of(sentences):
    """A list of tags for each sentence."""
    return [[tag for _, tag in sentence] for sentence in sentences]


X_train, y_train = features_of(train), tags_of(train)
X_test, y_test = features_of(test), tags_of(test)

# %%
# The search
# ----------
# Where the estimator was a CRF with its penalties to choose, it is a network with its
# learning rate and penalty.

tagger = make_pipeline(
    StepTransformer(DictVectorizer(dtype=np.float32)),
    RNNTagger(
        32,
        bidirectional=True,
        max_iter=5,
        n_iter_no_change=np.inf,
        learning_rate="cosine",
        random_state=0,
    ),
)
search = RandomizedSearchCV(
    tagger,
    {
        "rnntagger__learning_rate_init": loguniform(1e-3, 1e-2),
        "rnntagger__alpha": loguniform(1e-4, 1e-1),
    },
    n_iter=3,
    cv=2,
    scoring=flat_f1_scorer,
    random_state=0,
    n_jobs=2,
)
begin = perf_counter()
search.fit(X_train, y_train)
accuracy = flat_accuracy_score(y_test, search.predict(X_test))
print(f"searched in {perf_counter() - begin:.0f} s, found")
for name, value in search.best_params_.items():
    print(f"{name:<30} {value:.2g}")

# %%
# Word by word
# ------------
# What one would try first: a logistic regression on the same features of each word.

baseline = make_pipeline(
    DictVectorizer(), LogisticRegression(max_iter=300, C=3.0, tol=1e-3)
)
baseline.fit(sum(X_train, []), sum(y_train, []))
words, tags = sum(X_test, []), sum(y_test, [])
print(f"accuracy: recurrent network {accuracy:.3f}, ", end="")
print(f"logistic regression {baseline.score(words, tags):.3f}")

# %%
# F1 by tag
# ---------

labels, counts = np.unique(tags, return_counts=True)
labels = labels[np.argsort(-counts)]
f1 = {
    "recurrent network": np.concatenate(search.predict(X_test)),
    "logistic regression": baseline.predict(words),
}
figure, ax = plt.subplots(figsize=(8, 0.32 * len(labels) + 1.6), layout="constrained")
rows = np.arange(len(labels))
for (name, predicted), marker, color, shift in zip(
    f1.items(), ("o", "D"), ("#0072b2", "#d55e00"), (-0.12, 0.12)
):
    scores = f1_score(tags, predicted, labels=labels, average=None, zero_division=0)
    ax.plot(scores, rows + shift, marker, color=color, label=name)
ax.set_yticks(rows, labels)
ax.invert_yaxis()
ax.set_xlim(right=1.01)
ax.grid(color="0.92")
ax.set(xlabel="F1 on test, the tags by falling frequency", title="Tags told by each")
ax.legend(frameon=False)
picture = Path("output") / "tag_feature_dicts.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
