"""Recurrent networks as scikit-learn estimators."""

from ._classifier import RNNClassifier
from ._language_model import RNNLanguageModel
from ._regressor import RNNRegressor
from ._show_versions import show_versions
from ._tagger import RNNTagger

__all__ = [
    "RNNClassifier",
    "RNNLanguageModel",
    "RNNRegressor",
    "RNNTagger",
    "show_versions",
]
__version__ = "0.1.0"
