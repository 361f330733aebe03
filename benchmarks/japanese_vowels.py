"""Who speaks? Accuracy on Japanese Vowels, one way and both ways, over three seeds."""

from time import perf_counter

import data
import numpy as np
from settings import JAPANESE_VOWELS
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier
from skrnn.preprocessing import StepTransformer

REFERENCE = {False: 0.960, True: 0.954}


def accuracies(bidirectional, seeds=(0, 1, 2)):
    """Test accuracy for each seed."""
    X_train, y_train, X_test, y_test = data.japanese_vowels()
    scores = []
    for seed in seeds:
        model = make_pipeline(
            StepTransformer(StandardScaler()),
            RNNClassifier(
                **JAPANESE_VOWELS,
                bidirectional=bidirectional,
                dtype="float32",
                random_state=seed,
            ),
        )
        scores.append(model.fit(X_train, y_train).score(X_test, y_test))
    return scores


def main():
    print(f"Japanese Vowels: {JAPANESE_VOWELS}")
    for bidirectional, name in ((False, "one way"), (True, "both ways")):
        begin = perf_counter()
        scores = accuracies(bidirectional)
        print(
            f"  {name:<10} {np.mean(scores):.4f}  (seeds: {np.round(scores, 3)}; "
            f"PyTorch's nn.RNN: {REFERENCE[bidirectional]:.3f}; logistic regression on "
            f"summary statistics: 0.984)  {perf_counter() - begin:.0f} s"
        )


if __name__ == "__main__":
    main()
