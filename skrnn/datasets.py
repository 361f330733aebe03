"""Data sets of sequences, downloaded once and kept on disk.

As with the loaders of `sklearn.datasets`, the files go to a folder of their own under
`sklearn.datasets.get_data_home()` and are taken from there the next time.
"""

import gzip
from dataclasses import dataclass
from http.client import HTTPException
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from urllib.error import HTTPError

import numpy as np
from sklearn.datasets import fetch_file, get_data_home
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

__all__ = [
    "fetch_ewt",
    "fetch_japanese_vowels",
    "fetch_names",
    "fetch_sentence_polarity",
    "fetch_tiny_shakespeare",
]

_DOWNLOAD_CONSTRAINTS = {
    "data_home": [str, PathLike, None],
    "download_if_missing": ["boolean"],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [Interval(Real, 0, None, closed="left")],
}


@dataclass(frozen=True)
class _Source:
    """Where the files of a data set come from."""

    folder: str
    """Name of the folder under the data home."""

    url: str
    """Address that the files' names are appended to; of one commit, for good."""

    checksums: dict
    """SHA256 of each file, by its name."""

    description: str


_EWT = _Source(
    folder="ewt",
    url="https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/"
    "15d613d8447b3478787d4c278730a1e48a945efb/",
    checksums={
        "en_ewt-ud-train.conllu": (
            "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b"
        ),
        "en_ewt-ud-dev.conllu": (
            "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6"
        ),
        "en_ewt-ud-test.conllu": (
            "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd"
        ),
    },
    description="""\
English Web Treebank, universal part-of-speech tags
===================================================

Sentences from weblogs, newsgroups, e-mails, reviews and answers to questions, with
one of 17 universal part-of-speech tags for each token.

=======   =========   =======
Subset    Sentences   Tokens
=======   =========   =======
train        12,544   204,577
dev           2,001    25,147
test          2,077    25,094
=======   =========   =======

Licence: CC BY-SA 4.0.

Origin: Universal Dependencies, UD_English-EWT, release 2.15,
https://github.com/UniversalDependencies/UD_English-EWT

Citation: Silveira et al., "A gold standard dependency corpus for English", LREC
(2014).
""",
)

_SENTENCE_POLARITY = _Source(
    folder="mr",
    url="https://raw.githubusercontent.com/dennybritz/cnn-text-classification-tf/"
    "18762b459e21d9c70e5c242f8d43fc4e6db37a0d/data/rt-polaritydata/",
    checksums={
        "rt-polarity.pos": (
            "4134882974a28d0c7b5151256f0e33a6169984ee7372c279e673f1114f475d58"
        ),
        "rt-polarity.neg": (
            "2d11cfbc790f1cd96d78339f41ce53ced1efa83cd22d37d6788fa3fe3d17e2fd"
        ),
    },
    description="""\
Sentence polarity
=================

5,331 positive and 5,331 negative sentences from film reviews, in lower case, their
tokens parted by spaces. There is no split of its own: the figures in the literature
are from 10-fold cross-validation.

Licence: none stated by the authors, who gathered the sentences from Rotten Tomatoes
for research.

Origin: sentence polarity data set v1.0,
https://www.cs.cornell.edu/people/pabo/movie-review-data/; copy in UTF-8:
https://github.com/dennybritz/cnn-text-classification-tf

Citation: Pang and Lee, "Seeing stars: exploiting class relationships for sentiment
categorization with respect to rating scales", ACL (2005).
""",
)

_TINY_SHAKESPEARE = _Source(
    folder="shakespeare",
    url="https://raw.githubusercontent.com/karpathy/char-rnn/"
    "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/",
    checksums={
        "input.txt": (
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
        ),
    },
    description="""\
Tiny Shakespeare
================

Scenes from plays of Shakespeare as one text of 1,115,394 characters, of which 65 are
different. The first 90 % are for training, the last 10 % for testing.

Licence: the text is in the public domain.

Origin: char-rnn, https://github.com/karpathy/char-rnn

Citation: Karpathy, "The unreasonable effectiveness of recurrent neural networks"
(2015), https://karpathy.github.io/2015/05/21/rnn-effectiveness/
""",
)

_JAPANESE_VOWELS = _Source(
    folder="japanese_vowels",
    url="https://raw.githubusercontent.com/sktime/sktime/"
    "0cc78e1c774648ac8644778e1c8b42080988e555/sktime/datasets/data/JapaneseVowels/",
    checksums={
        "JapaneseVowels_TRAIN.ts": (
            "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd"
        ),
        "JapaneseVowels_TEST.ts": (
            "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462"
        ),
    },
    description="""\
Japanese Vowels
===============

Nine men say the vowels /ae/; which of them is it? An utterance is a series of 7 to 29
steps with 12 cepstral coefficients each.

=======   ==========
Subset    Utterances
=======   ==========
train            270
test             370
=======   ==========

Licence: CC BY 4.0.

Origin: UCI Machine Learning Repository, https://doi.org/10.24432/C5NS47; copy:
https://github.com/sktime/sktime

Citation: Kudo, Toyama and Shimbo, "Multidimensional curve classification using
passing-through regions", Pattern Recognition Letters 20 (1999).
""",
)

_NAMES = _Source(
    folder="names",
    url="https://raw.githubusercontent.com/spro/practical-pytorch/"
    "c520c52e68e945d88fff563dba1c028b6ec0197b/data/names/",
    checksums={
        "Arabic.txt": (
            "6f424a8dbe51cbbbabab7a57d38b617210125e4e3991f3c657cb79b8f104bafc"
        ),
        "Chinese.txt": (
            "09ba8f1f7e38dbc99372d461b26ad4433b811fc6bfa6a3ecca6fe11a9a777465"
        ),
        "Czech.txt": (
            "e17ab0ec47616a72c39cb85c783f70c3663ab64488721e5d8378f146d2226be7"
        ),
        "Dutch.txt": (
            "924f32b635170eae561f84538632138fc07d4c8bbd70ba3fb980de1ecc4d2af3"
        ),
        "English.txt": (
            "9cca037066d3d5989e24bc01801416162de506b5e28e15b7c092a47905d29bf2"
        ),
        "French.txt": (
            "81e65b36c60ed5b89a17422f6edcadbb89546f38ad69e960e64e7ba682012a95"
        ),
        "German.txt": (
            "7449cd590b97a733e18d613a4155decd77ec35dc5f8aadd7a82204dce4f051db"
        ),
        "Greek.txt": (
            "3555b5186de7f401e6d991b088e9e644ca3099116477818c25ab5793801389e6"
        ),
        "Irish.txt": (
            "cf8c7013256252a88d2503127b87282a11f21b2ff6db1bded68834c19a1ec058"
        ),
        "Italian.txt": (
            "f88414c27d0606a11a678b4859277828c2565d6cc4d9ee932deef6e94f3b35e4"
        ),
        "Japanese.txt": (
            "e0e717e114fec3e7eade4d9dabe0067c475f43147e36a22b47902ee76ad9e67f"
        ),
        "Korean.txt": (
            "cd54221ccb362a6cba4c78828838cf3268a0e59744767a37cf6ec4b74036b136"
        ),
        "Polish.txt": (
            "45bab898af2f60ed3a728bbf6980e28821011a7caa53227553b5785903a40826"
        ),
        "Portuguese.txt": (
            "50a8735f41f4f73757c8ce5b16cb0275cd86b2b214bcbc8c9805f508cb131c53"
        ),
        "Russian.txt": (
            "0cfe53ac18041e8f63666aa77313e0a3ff378facb132abee052d8ebdc8c3d62c"
        ),
        "Scottish.txt": (
            "78d0252711d87d948ea86fe34826c51d2d794a8e52d15b5d6f7b6244d45d62dd"
        ),
        "Spanish.txt": (
            "1bcb462ed3316756a85781d68232bddae04498fdddd5d9219c53fd1fbdeba7a7"
        ),
        "Vietnamese.txt": (
            "f3f9e4164ab47601178a6e45b216464a64122f49d05541f24bf18a757253281d"
        ),
    },
    description="""\
Family names by language
========================

20,050 family names of 2 to 20 characters in 18 languages, in Latin script. Almost half
of them are Russian; a name can occur more than once and in several languages.

Licence: MIT.

Origin and citation: Robertson, "Practical PyTorch: classifying names with a
character-level RNN" (2017), https://github.com/spro/practical-pytorch
""",
)


@validate_params(
    {
        **_DOWNLOAD_CONSTRAINTS,
        "subset": [StrOptions({"train", "dev", "test"})],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_ewt(
    *,
    subset="train",
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load the English Web Treebank with universal part-of-speech tags (tagging).

    ==============   ======================
    Sentences        12,544 / 2,001 / 2,077
    Tags             17
    Tokens           254,818
    ==============   ======================

    Parameters
    ----------
    subset : {'train', 'dev', 'test'}, default='train'
        Which of the treebank's parts to load.

    data_home : str or path-like, default=None
        Folder of the data sets; None: `sklearn.datasets.get_data_home()`. The files
        are in its folder ``ewt``: ``en_ewt-ud-train.conllu``, as downloaded, or
        ``train.tsv.gz``, with a token and its tag a line and a blank line between
        sentences; and so for each part.

    download_if_missing : bool, default=True
        If False, raise an OSError where a file is not there yet.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    n_retries : int, default=3
        How many times to try again when a download fails.

    delay : float, default=1.0
        Seconds between the tries.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of list of str
            Tokens of each sentence.
        target : list of list of str
            Tag of each token.
        DESCR : str
            What the data set is, its licence, origin and citation.

    (data, target) : tuple
        When `return_X_y` is True.

    Raises
    ------
    OSError
        When a file is missing and not to be downloaded, or its download fails.

    References
    ----------
    .. [1] Silveira et al., "A gold standard dependency corpus for English", LREC
       (2014).

    Examples
    --------
    >>> from skrnn.datasets import fetch_ewt
    >>> ewt = fetch_ewt(subset="dev")  # doctest: +SKIP
    >>> ewt.data[0]  # doctest: +SKIP
    ['From', 'the', 'AP', 'comes', 'this', 'story', ':']
    >>> ewt.target[0]  # doctest: +SKIP
    ['ADP', 'DET', 'PROPN', 'VERB', 'DET', 'NOUN', 'PUNCT']
    """
    [path] = _files(
        _EWT,
        [f"en_ewt-ud-{subset}.conllu"],
        f"{subset}.tsv.gz",
        data_home,
        download_if_missing,
        n_retries,
        delay,
    )
    X, y = _read_sentences(path)
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, DESCR=_EWT.description)


@validate_params(
    {**_DOWNLOAD_CONSTRAINTS, "return_X_y": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def fetch_sentence_polarity(
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load the sentence polarity data set of film reviews (classification).

    ==============   ==============
    Sentences        5,331 + 5,331
    Classes          2
    ==============   ==============

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the data sets; None: `sklearn.datasets.get_data_home()`. The files
        are in its folder ``mr``: ``rt-polarity.pos`` and ``rt-polarity.neg``, as
        downloaded, or ``mr.tsv.gz``, with the label, 0 or 1, and the sentence a line.

    download_if_missing : bool, default=True
        If False, raise an OSError where a file is not there yet.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    n_retries : int, default=3
        How many times to try again when a download fails.

    delay : float, default=1.0
        Seconds between the tries.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str
            Sentences, the positive ones first.
        target : ndarray of shape (10662,)
            1 where the sentence is positive, 0 where it is negative.
        target_names : list of str
            ``["negative", "positive"]``.
        DESCR : str
            What the data set is, its licence, origin and citation.

    (data, target) : tuple
        When `return_X_y` is True.

    Raises
    ------
    OSError
        When a file is missing and not to be downloaded, or its download fails.

    References
    ----------
    .. [1] Pang and Lee, "Seeing stars: exploiting class relationships for sentiment
       categorization with respect to rating scales", ACL (2005).

    Examples
    --------
    >>> from skrnn.datasets import fetch_sentence_polarity
    >>> reviews = fetch_sentence_polarity()  # doctest: +SKIP
    >>> reviews.data[2]  # doctest: +SKIP
    'effective but too-tepid biopic'
    >>> reviews.target_names[reviews.target[2]]  # doctest: +SKIP
    'positive'
    """
    paths = _files(
        _SENTENCE_POLARITY,
        list(_SENTENCE_POLARITY.checksums),
        "mr.tsv.gz",
        data_home,
        download_if_missing,
        n_retries,
        delay,
    )
    labels = {"rt-polarity.neg": "0", "rt-polarity.pos": "1"}
    X, y = _read_texts(paths, labels)
    y = np.array(y, dtype=int)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        target_names=["negative", "positive"],
        DESCR=_SENTENCE_POLARITY.description,
    )


@validate_params(
    {**_DOWNLOAD_CONSTRAINTS, "subset": [StrOptions({"train", "test", "all"})]},
    prefer_skip_nested_validation=True,
)
def fetch_tiny_shakespeare(
    *,
    subset="train",
    data_home=None,
    download_if_missing=True,
    n_retries=3,
    delay=1.0,
):
    """Load a text from plays of Shakespeare (language modelling).

    ====================   ===================
    Characters             1,003,854 + 111,540
    Different characters   65
    ====================   ===================

    Parameters
    ----------
    subset : {'train', 'test', 'all'}, default='train'
        The first 90 % of the characters, the last 10 %, or all of them.

    data_home : str or path-like, default=None
        Folder of the data sets; None: `sklearn.datasets.get_data_home()`. The file is
        in its folder ``shakespeare``: ``input.txt``, as downloaded, or
        ``input.txt.gz``.

    download_if_missing : bool, default=True
        If False, raise an OSError where the file is not there yet.

    n_retries : int, default=3
        How many times to try again when a download fails.

    delay : float, default=1.0
        Seconds between the tries.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str
            The text, as the only document.
        DESCR : str
            What the data set is, its licence, origin and citation.

    Raises
    ------
    OSError
        When the file is missing and not to be downloaded, or its download fails.

    References
    ----------
    .. [1] Karpathy, "The unreasonable effectiveness of recurrent neural networks"
       (2015).

    Examples
    --------
    >>> from skrnn.datasets import fetch_tiny_shakespeare
    >>> [text] = fetch_tiny_shakespeare().data  # doctest: +SKIP
    >>> text[:14]  # doctest: +SKIP
    'First Citizen:'
    """
    [path] = _files(
        _TINY_SHAKESPEARE,
        ["input.txt"],
        "input.txt.gz",
        data_home,
        download_if_missing,
        n_retries,
        delay,
    )
    text = _read(path)
    n_train = len(text) * 9 // 10
    parts = {"train": text[:n_train], "test": text[n_train:], "all": text}
    return Bunch(data=[parts[subset]], DESCR=_TINY_SHAKESPEARE.description)


@validate_params(
    {
        **_DOWNLOAD_CONSTRAINTS,
        "subset": [StrOptions({"train", "test"})],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_japanese_vowels(
    *,
    subset="train",
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load the Japanese Vowels data set: who is speaking? (classification).

    ==============   ==============
    Series           270 / 370
    Steps            7 to 29
    Features         12
    Classes          9
    ==============   ==============

    Parameters
    ----------
    subset : {'train', 'test'}, default='train'
        Which part to load.

    data_home : str or path-like, default=None
        Folder of the data sets; None: `sklearn.datasets.get_data_home()`. The files,
        ``JapaneseVowels_TRAIN.ts`` and ``JapaneseVowels_TEST.ts``, are in its folder
        ``japanese_vowels``.

    download_if_missing : bool, default=True
        If False, raise an OSError where a file is not there yet.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    n_retries : int, default=3
        How many times to try again when a download fails.

    delay : float, default=1.0
        Seconds between the tries.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of ndarray of shape (n_steps, 12)
            Cepstral coefficients of each utterance.
        target : ndarray of str of shape (n_series,)
            Speakers, '1' to '9'.
        DESCR : str
            What the data set is, its licence, origin and citation.

    (data, target) : tuple
        When `return_X_y` is True.

    Raises
    ------
    OSError
        When a file is missing and not to be downloaded, or its download fails.

    References
    ----------
    .. [1] Kudo, Toyama and Shimbo, "Multidimensional curve classification using
       passing-through regions", Pattern Recognition Letters 20 (1999).

    Examples
    --------
    >>> from skrnn.datasets import fetch_japanese_vowels
    >>> X, y = fetch_japanese_vowels(return_X_y=True)  # doctest: +SKIP
    >>> X[0].shape, str(y[0])  # doctest: +SKIP
    ((20, 12), '1')
    """
    [path] = _files(
        _JAPANESE_VOWELS,
        [f"JapaneseVowels_{subset.upper()}.ts"],
        None,
        data_home,
        download_if_missing,
        n_retries,
        delay,
    )
    X, y = _read_series(path)
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, DESCR=_JAPANESE_VOWELS.description)


@validate_params(
    {**_DOWNLOAD_CONSTRAINTS, "return_X_y": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def fetch_names(
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load family names by language (classification).

    ==============   ==============
    Names            20,050
    Characters       2 to 20
    Classes          18
    ==============   ==============

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the data sets; None: `sklearn.datasets.get_data_home()`. The files
        are in its folder ``names``: ``Arabic.txt`` and 17 like it, as downloaded, or
        ``names.tsv``, with the language and the name a line.

    download_if_missing : bool, default=True
        If False, raise an OSError where a file is not there yet.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    n_retries : int, default=3
        How many times to try again when a download fails.

    delay : float, default=1.0
        Seconds between the tries.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str
            Names, by language.
        target : ndarray of str of shape (20050,)
            Language of each name.
        DESCR : str
            What the data set is, its licence, origin and citation.

    (data, target) : tuple
        When `return_X_y` is True.

    Raises
    ------
    OSError
        When a file is missing and not to be downloaded, or its download fails.

    References
    ----------
    .. [1] Robertson, "Practical PyTorch: classifying names with a character-level
       RNN" (2017).

    Examples
    --------
    >>> from skrnn.datasets import fetch_names
    >>> names = fetch_names()  # doctest: +SKIP
    >>> names.data[0], str(names.target[0])  # doctest: +SKIP
    ('Khoury', 'Arabic')
    """
    paths = _files(
        _NAMES,
        list(_NAMES.checksums),
        "names.tsv",
        data_home,
        download_if_missing,
        n_retries,
        delay,
    )
    labels = {name: Path(name).stem for name in _NAMES.checksums}
    X, y = _read_texts(paths, labels)
    y = np.array(y)
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, DESCR=_NAMES.description)


def _files(source, names, prepared, data_home, download_if_missing, n_retries, delay):
    """Paths of the source's files, or of the `prepared` one that stands for them."""
    folder = Path(get_data_home(data_home)) / source.folder
    if prepared and (folder / prepared).exists():
        return [folder / prepared]
    if download_if_missing:
        return [_download(source, name, folder, n_retries, delay) for name in names]
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        instead = f" (nor {prepared} in its place)" if prepared else ""
        raise OSError(
            f"{folder} has no file {', '.join(missing)}{instead}. Use "
            "download_if_missing=True to download what is missing, or save it there "
            f"from {source.url}."
        )
    return [folder / name for name in names]


def _download(source, name, folder, n_retries, delay):
    """Path of a file that is there already, or is now."""
    url = source.url + name
    try:
        folder.mkdir(exist_ok=True)
        return fetch_file(
            url,
            folder=folder,
            local_filename=name,
            sha256=source.checksums[name],
            n_retries=n_retries,
            delay=delay,
        )
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise OSError(f"Could not download {url} into {folder}: {error}") from error


def _read(path):
    """All text of a file, compressed or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        return stream.read()


def _read_sentences(path):
    """Tokens and tags of CoNLL-U, or of lines with nothing but token and tag."""
    X, y = [], []
    for block in _read(path).strip("\n").split("\n\n"):
        rows = [line.split("\t") for line in block.split("\n")]
        if path.suffix == ".conllu":
            # Other lines are comments, contractions and words left out.
            rows = [(row[1], row[3]) for row in rows if row[0].isdigit()]
        X.append([token for token, _ in rows])
        y.append([tag for _, tag in rows])
    return X, y


def _read_texts(paths, labels):
    """Texts, one a line, and their labels: of the file, or else before the text."""
    X, y = [], []
    for path in paths:
        lines = _read(path).strip("\n").split("\n")
        if path.name in labels:
            rows = [(labels[path.name], line) for line in lines]
        else:
            rows = [line.split("\t") for line in lines]
        X += [text.strip() for _, text in rows]
        y += [label for label, _ in rows]
    return X, y


def _read_series(path):
    """Series of a ``.ts`` file: dimensions split by ``:``, the label last."""
    X, y = [], []
    for line in _read(path).splitlines():
        if not line or line[0] in "#@":
            continue
        *dimensions, label = line.split(":")
        X.append(np.array([d.split(",") for d in dimensions], dtype=float).T)
        y.append(label)
    return X, np.array(y)
