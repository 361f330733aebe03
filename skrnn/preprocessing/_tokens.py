"""Documents as sequences of token ids."""

from collections.abc import Hashable, Mapping

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

UNKNOWN = "<unknown>"


class TokenEncoder(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):
    r"""Turn documents into sequences of integer token ids.

    Its parameters are those of `sklearn.feature_extraction.text.CountVectorizer`,
    which counts and prunes the tokens. Id 0 is the unknown token.

    Parameters
    ----------
    analyzer : {'word', 'char'} or callable, default='word'
        What a token of a str is: what `token_pattern` finds, or a character (white
        space and all). A document that is a list of tokens is taken as it is. A
        callable is given each document, whatever it is, and returns its tokens.

        A token may also be a tuple of several features, such as the word and its
        suffix: several ids a step, whose embeddings add up. Each position of the
        tuple has ids of its own.

    lowercase : bool, default=True
        Whether to lowercase a str first.

    token_pattern : str, default=r"(?u)\w+|[^\w\s]"
        Regular expression of a word, for ``analyzer="word"``. Unlike that of
        `CountVectorizer` the default takes words of one letter, and punctuation.

    min_df : int or float, default=1
        Tokens in fewer documents (or a smaller share of them) are unknown.

    max_features : int, default=None
        Only so many of the most frequent tokens are known.

    vocabulary : mapping or iterable, default=None
        The known tokens, in the order of their ids, or a mapping to the ids from 1
        on, such as another encoder's `vocabulary_`. None: those of the documents.

    Attributes
    ----------
    vocabulary_ : dict
        The id of each token; of several features a step, of each
        ``(position, feature)``.

    n_tokens_ : int
        Number of ids, the unknown token's included.

    n_ids_ : int
        Number of ids a step.

    See Also
    --------
    skrnn.RNNLanguageModel : Has an encoder of its own.

    Examples
    --------
    >>> from skrnn.preprocessing import TokenEncoder
    >>> encoder = TokenEncoder().fit(["The cat sat.", "A dog sat!"])
    >>> [ids.tolist() for ids in encoder.transform(["The dog, a cat"])]
    [[7, 5, 0, 3, 4]]
    >>> encoder.inverse_transform([[7, 5, 0]])
    [['the', 'dog', '<unknown>']]
    """

    _parameter_constraints: dict = {
        "analyzer": [StrOptions({"word", "char"}), callable],
        **{
            name: CountVectorizer._parameter_constraints[name]
            for name in ("lowercase", "min_df", "max_features", "vocabulary")
        },
        "token_pattern": [str],
    }

    def __init__(
        self,
        *,
        analyzer="word",
        lowercase=True,
        token_pattern=r"(?u)\w+|[^\w\s]",
        min_df=1,
        max_features=None,
        vocabulary=None,
    ):
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.min_df = min_df
        self.max_features = max_features
        self.vocabulary = vocabulary

    def fit(self, X, y=None):
        """Learn which tokens there are.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents.
        y : None
            Ignored.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            When the input or a parameter is not as described, or no token is left.
        """
        self.fit_transform(X)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn which tokens there are, and encode the documents.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents.
        y : None
            Ignored.

        Returns
        -------
        X : list of ndarray
            As `transform` gives.
        """
        documents = self._analyze(X)
        n_ids = _features_a_step(documents)
        vocabulary = self.vocabulary
        if vocabulary is None and not any(documents):
            raise ValueError("empty vocabulary: no document in X has a token.")
        if isinstance(vocabulary, Mapping):
            if 0 in vocabulary.values():
                raise ValueError(
                    "vocabulary maps a token to id 0, which is the unknown token. Give "
                    "ids from 1 on, or the tokens alone."
                )
            vocabulary = {token: i - 1 for token, i in vocabulary.items()}
        counter = CountVectorizer(
            analyzer=_features,
            lowercase=False,
            token_pattern=None,
            min_df=self.min_df,
            max_features=self.max_features,
            vocabulary=vocabulary,
        ).fit(documents)
        # In the order of the ids, as plain ints.
        tokens = sorted(counter.vocabulary_, key=counter.vocabulary_.get)
        self.vocabulary_ = {token: i for i, token in enumerate(tokens, start=1)}
        self.n_tokens_ = len(tokens) + 1
        self.n_ids_ = n_ids
        return _without_gaps(self._encode(documents))

    def transform(self, X):
        """Encode documents.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents.

        Returns
        -------
        X : list of ndarray of int32 of shape (n_steps,) or (n_steps, `n_ids_`)
            The ids of each document's tokens. A document without any becomes one
            unknown token, as a sequence has at least one step.
        """
        return _without_gaps(self.encode(X))

    def encode(self, X):
        """Encode documents as `transform` does, but leave empty ones empty.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents.

        Returns
        -------
        X : list of ndarray of int32 of shape (n_steps,) or (n_steps, `n_ids_`)
        """
        check_is_fitted(self)
        return self._encode(self._analyze(X))

    def inverse_transform(self, X):
        """Look the tokens up.

        Parameters
        ----------
        X : list of array-likes of int of shape (n_steps,) or (n_steps, `n_ids_`)
            Ids as `transform` gives them.

        Returns
        -------
        X : list of lists
            The tokens, tuples where there are several ids a step; ``"<unknown>"``
            for id 0.
        """
        check_is_fitted(self)
        tokens = [UNKNOWN, *self.vocabulary_]
        if self.n_ids_ > 1:
            features = [UNKNOWN, *(feature for _, feature in self.vocabulary_)]
            return [[tuple(features[i] for i in ids) for ids in x] for x in X]
        return [[tokens[i] for i in x] for x in X]

    def get_feature_names_out(self, input_features=None):
        """Name the ids.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of object of shape (`n_tokens_`,)
            The token of each id; of several features a step, such as ``"1=ing"``.
        """
        check_is_fitted(self)
        names = np.empty(self.n_tokens_, dtype=object)
        tokens = self.vocabulary_
        if self.n_ids_ > 1:
            tokens = [f"{position}={feature}" for position, feature in tokens]
        names[:] = [UNKNOWN, *tokens]
        return names

    def _analyze(self, X):
        """Cut each document into its tokens."""
        if isinstance(X, str):
            raise ValueError(
                "Iterable over raw text documents expected, string object received. "
                "Pass a list of documents; one text is a list of one."
            )
        if hasattr(X, "columns"):
            raise ValueError(
                "X is a data frame, but documents are expected. Pass the column that "
                "holds them, such as X['text']."
            )
        documents = list(X)
        if not documents:
            raise ValueError("Found array with 0 sample(s): X holds no document.")
        if callable(self.analyzer):
            return [list(self.analyzer(document)) for document in documents]
        machinery = CountVectorizer(
            lowercase=self.lowercase, token_pattern=self.token_pattern
        )
        prepare = machinery.build_preprocessor()
        cut = list if self.analyzer == "char" else machinery.build_tokenizer()
        return [
            cut(prepare(document))
            if isinstance(document, str)
            else _as_tokens(document, i)
            for i, document in enumerate(documents)
        ]

    def _encode(self, documents):
        id_of = self.vocabulary_.get
        n_ids = _features_a_step(documents, self.n_ids_)
        sequences = [
            np.array([id_of(token, 0) for token in _features(tokens)], dtype=np.int32)
            for tokens in documents
        ]
        return [ids.reshape(-1, n_ids) for ids in sequences] if n_ids > 1 else sequences

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _as_tokens(document, i):
    if not hasattr(document, "__len__"):
        raise ValueError(
            f"X[{i}] is {document!r}, but X holds documents: each is a str or a list "
            "of tokens."
        )
    tokens = list(document)
    for t, token in enumerate(tokens):
        if not isinstance(token, Hashable):
            raise ValueError(
                f"X[{i}] holds {type(token).__name__} at step {t}, but tokens are "
                "strings, numbers, or tuples of them. Sequences of numbers are read "
                "without a TokenEncoder."
            )
    return tokens


def _features_a_step(documents, expected=None):
    """Of how many features all tokens are tuples; 1 where they are none."""
    for i, tokens in enumerate(documents):
        for t, token in enumerate(tokens):
            n_features = len(token) if isinstance(token, tuple) else 1
            if n_features != (expected or n_features):
                raise ValueError(
                    f"X[{i}] has {n_features} features at step {t}, but {expected} are "
                    "expected: all tokens must be tuples of the same length."
                )
            expected = n_features
    return expected or 1


def _features(tokens):
    """What is counted: the tokens, or the features with their positions."""
    if not tokens or not isinstance(tokens[0], tuple):
        return tokens
    return [pair for token in tokens for pair in enumerate(token)]


def _without_gaps(documents):
    return [
        ids if len(ids) else np.zeros((1, *ids.shape[1:]), ids.dtype)
        for ids in documents
    ]
