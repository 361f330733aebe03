"""Data of the examples: a data set, or else the help pages that Python carries.

The data sets lie in the folder that the environment variable ``SKRNN_DATA`` names, by
default ``../shared/data`` as seen from the root of the repository where that exists,
and else in scikit-learn's own data home. What is missing is downloaded.
"""

import os
from pathlib import Path
from pydoc_data.topics import topics

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def folder():
    """The folder that holds the data sets, or None."""
    named = os.environ.get("SKRNN_DATA")
    if named:
        return Path(named)
    return DEFAULT_FOLDER if DEFAULT_FOLDER.is_dir() else None


def fetch_or_none(fetch, **options):
    """What the loader of `skrnn.datasets` gives, or None where the data is not to get.

    Parameters
    ----------
    fetch : callable
        The loader.
    **options
        Its further arguments.
    """
    try:
        return fetch(data_home=folder(), n_retries=0, **options)
    except OSError:
        return None


def help_pages():
    """The pages of Python's ``help()`` on the language, in the order of their names."""
    return [topics[name] for name in sorted(topics)]
