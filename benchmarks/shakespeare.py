"""Completing Shakespeare: nats a character on the last tenth of the text."""

from time import perf_counter

import data
from settings import SHAKESPEARE

from skrnn import RNNLanguageModel
from skrnn.datasets import fetch_tiny_shakespeare


def load(subset):
    """The text of a part, as a list of one document."""
    data.folder_of("shakespeare")
    return fetch_tiny_shakespeare(
        data_home=data.folder(), subset=subset, download_if_missing=False
    ).data


def main():
    begin = perf_counter()
    model = RNNLanguageModel(**SHAKESPEARE, random_state=0).fit(load("train"))
    seconds = perf_counter() - begin
    print(f"Tiny Shakespeare: {SHAKESPEARE}")
    print(
        f"  test {-model.score(load('test')):.4f} nats a character, fitted in "
        f"{seconds:.0f} s  (Witten-Bell 5-gram 1.669; a plain Elman net of 512 units "
        "1.622; transformer of six layers 1.470)"
    )
    for text in model.complete(
        ["ROMEO:\n", "To be, or not to be"], 250, temperature=0.7, random_state=0
    ):
        print(f"---\n{text}")


if __name__ == "__main__":
    main()
