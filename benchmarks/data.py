"""Loaders of the data that the benchmarks and the learning tests use.

The files lie in one folder, which the environment variable ``SKRNN_DATA`` names; by
default it is ``../shared/data`` as seen from the root of the repository. The folder
holds no part of the package: who wants to run the benchmarks brings the files.
"""

import gzip
import os
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from skrnn.datasets import fetch_japanese_vowels

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


class MissingData(Exception):
    """The files of a data set are not there."""


def folder():
    """Where the data sets lie, whether or not they are there."""
    return Path(os.environ.get("SKRNN_DATA") or DEFAULT_FOLDER)


def folder_of(data_set):
    """Where a data set lies; refuse where it is absent."""
    path = folder() / data_set
    if not path.is_dir():
        raise MissingData(
            f"{data_set}: no folder {path}. Set SKRNN_DATA to the folder that holds it."
        )
    return path


def _file(data_set, name):
    path = folder_of(data_set) / name
    if not path.exists():
        raise MissingData(
            f"{data_set}: no file {path}. Set SKRNN_DATA to the folder that holds "
            f"{data_set}/{name}."
        )
    return path


# -- Japanese Vowels -------------------------------------------------------------------


def japanese_vowels():
    """Twelve cepstral coefficients a step, 7 to 29 steps; which speaker is it?

    Returns
    -------
    X_train, y_train, X_test, y_test
        Lists of (n_steps, 12) arrays, and the speakers as arrays of str.
    """
    folder_of("japanese_vowels")
    train, test = (
        fetch_japanese_vowels(
            data_home=folder(),
            subset=subset,
            download_if_missing=False,
            return_X_y=True,
        )
        for subset in ("train", "test")
    )
    return *train, *test


# -- Nottingham ------------------------------------------------------------------------


def nottingham():
    """Folk tunes as piano rolls: 88 keys, on or off at each step.

    Returns
    -------
    rolls : dict of str to list of ndarray
        By ``"train"``, ``"valid"`` and ``"test"``: (n_steps, 88) arrays of 0 and 1.
    """
    content = loadmat(_file("nottingham", "Nottingham.mat"))
    return {
        part: list(content[part + "data"].ravel())
        for part in ("train", "valid", "test")
    }


# -- C-MAPSS ---------------------------------------------------------------------------


def cmapss():
    """Turbofan engines run to failure (FD001): 3 settings, 21 sensors a cycle.

    Returns
    -------
    train : list of ndarray of shape (n_cycles, 24)
        The last cycle of each is the last one that the engine ran.
    test : list of ndarray of shape (n_cycles, 24)
        Cut off some time before that.
    remaining : ndarray of shape (n_test,)
        How many cycles each test engine still had.
    """
    train = _read_engines(_file("cmapss", "train_FD001.txt.gz"))
    test = _read_engines(_file("cmapss", "test_FD001.txt.gz"))
    with gzip.open(_file("cmapss", "RUL_FD001.txt.gz"), "rt") as stream:
        return train, test, np.loadtxt(stream)


def _read_engines(path):
    with gzip.open(path, "rt") as stream:
        table = np.loadtxt(stream)
    first_rows = np.flatnonzero(np.diff(table[:, 0])) + 1
    return np.split(table[:, 2:], first_rows)
