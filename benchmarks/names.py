"""Of which language is a family name? Macro F1 in 5-fold cross-validation."""

from time import perf_counter

import data
import numpy as np
from settings import NAMES
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier
from skrnn.datasets import fetch_names
from skrnn.preprocessing import TokenEncoder

N_NETWORKS = 3


def load():
    """Names and languages."""
    data.folder_of("names")
    return fetch_names(
        data_home=data.folder(), download_if_missing=False, return_X_y=True
    )


def n_grams(name):
    """Of each letter: itself, with its neighbours, and with the two before it."""
    name = f"^{name}$"
    return [
        (
            name[i],
            name[i - 1 : i + 1],
            name[max(i - 2, 0) : i + 1],
            name[i - 1 : i + 2],
        )
        for i in range(1, len(name))
    ]


def scores(model):
    """Macro F1 of each fold."""
    X, y = load()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    X = np.array(X, dtype=object)
    return cross_val_score(model, X, y, cv=folds, scoring="f1_macro", n_jobs=2)


def make_networks():
    """Networks on letters in their surroundings, rare languages weighted higher.

    Each begins with another seed; their probabilities are averaged.
    """
    _, counts = np.unique(load()[1], return_counts=True)
    weights = counts**-0.5 * counts.sum() / (counts**0.5).sum()
    # The vote numbers the languages.
    class_weight = dict(enumerate(weights))
    networks = [
        (
            f"seed {seed}",
            RNNClassifier(**NAMES, class_weight=class_weight, random_state=seed),
        )
        for seed in range(N_NETWORKS)
    ]
    return make_pipeline(
        TokenEncoder(analyzer=n_grams), VotingClassifier(networks, voting="soft")
    )


def make_linear(C, class_weight=None):
    """Logistic regression on character n-grams."""
    return make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2),
        LogisticRegression(C=C, class_weight=class_weight, max_iter=1000),
    )


def main():
    print(f"Family names, 18 languages: {NAMES}")
    candidates = {
        f"{N_NETWORKS} recurrent networks": make_networks(),
        **{f"character n-grams, C={C}": make_linear(C) for C in (1, 10, 100)},
        "character n-grams, C=10, balanced": make_linear(10, "balanced"),
    }
    for name, model in candidates.items():
        begin = perf_counter()
        f1 = scores(model)
        print(
            f"  {name}: {f1.mean():.3f}, standard error "
            f"{f1.std() / len(f1) ** 0.5:.3f}  {perf_counter() - begin:.0f} s"
        )


if __name__ == "__main__":
    main()
