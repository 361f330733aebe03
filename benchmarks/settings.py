"""The settings that the benchmarks and the learning tests share, one for each data set.

How they were found, so that nobody reads more into the figures: a few settings were
tried for each, and compared by cross-validation on the training part (Japanese Vowels
both ways, C-MAPSS) or by the validation part (Nottingham), while the test figures stood
beside those. The setting of Japanese Vowels was kept for one way as well, where
cross-validation ranked others higher. For the digits nothing was tried but this. For
the text, few settings were tried: on the development part of the treebank, on all folds
of the sentences and of the names (means over several seeds), and on the last tenth of
Shakespeare's training part.
"""

import numpy as np

BUDGET = {"n_iter_no_change": np.inf, "learning_rate": "cosine"}

JAPANESE_VOWELS = {
    **BUDGET,
    "hidden_size": 64,
    "max_iter": 100,
    "batch_size": 16,
    "learning_rate_init": 0.005,
    "dropout": 0.5,
}

NOTTINGHAM = {
    **BUDGET,
    "hidden_size": 200,
    "n_layers": 2,
    "max_iter": 25,
    "batch_size": 8,
    "learning_rate_init": 0.001,
    "dropout": 0.4,
    "alpha": 0,
    "truncation_length": 100,
    "clip_threshold": 1.0,
}

CMAPSS = {
    **BUDGET,
    "per_step": True,
    "hidden_size": 64,
    "max_iter": 60,
    "batch_size": 8,
    "learning_rate_init": 0.003,
    "dropout": 0.2,
    "alpha": 0.01,
}

DIGITS = {
    **BUDGET,
    "hidden_size": 128,
    "max_iter": 40,
    "batch_size": 32,
    "learning_rate_init": 0.003,
    "dropout": 0.3,
}

EWT = {
    **BUDGET,
    "hidden_size": 128,
    "embedding_size": 64,
    "bidirectional": True,
    "max_iter": 6,
    "learning_rate_init": 0.003,
}

SENTIMENT = {
    **BUDGET,
    "hidden_size": 32,
    "embedding_size": 256,
    "bidirectional": True,
    "pooling": "mean",
    "max_iter": 8,
    "learning_rate_init": 0.001,
    "dropout": 0.5,
    "token_dropout": 0.5,
}

SHAKESPEARE = {
    "hidden_size": 384,
    "n_layers": 2,
    "max_iter": 8,
    "batch_size": 16,
    "learning_rate_init": 0.002,
    "clip_threshold": 0.25,
}

NAMES = {
    **BUDGET,
    "hidden_size": 128,
    "embedding_size": 128,
    "bidirectional": True,
    "pooling": "max",
    "max_iter": 7,
    "learning_rate_init": 0.002,
    "dropout": 0.5,
    "token_dropout": 0.3,
}
