"""Text completion: a recurrent network that predicts the next token."""

import re
from itertools import count
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._base import DEFAULT_BATCH_SIZE, BaseRNN, Target, can_fit_partially
from ._core.sampling import Sampler
from ._core.stepping import Stepper
from ._documents import EncodedDocuments
from ._threads import one_blas_thread
from ._training.prediction import (
    final_states,
    predict_last_outputs,
    predict_log_likelihoods,
)
from .preprocessing import TokenEncoder

END = "<end>"
UNKNOWN_ID = 0
# No space is written before closing punctuation, nor after what opens.
SPACE_TO_DROP = re.compile(r" (?=[.,;:!?%)\]}’'])|(?<=[(\[{]) ")
SAMPLING = {
    "n_samples": [Interval(Integral, 1, None, closed="left")],
    "max_tokens": [Interval(Integral, 1, None, closed="left")],
    "temperature": [Interval(Real, 0, None, closed="left")],
    "top_k": [Interval(Integral, 1, None, closed="left"), None],
    "top_p": [Interval(Real, 0, 1, closed="right"), None],
    "stop": [str, "array-like", None],
    "random_state": ["random_state"],
}


class Sampling(NamedTuple):
    """How the next tokens are chosen, as `RNNLanguageModel.complete` has it."""

    temperature: float
    top_k: int | None
    top_p: float | None
    stop: object
    random_state: object


class RNNLanguageModel(BaseRNN):
    r"""Recurrent network that predicts the next token of a text, and completes it.

    An Elman network [1]_ that reads token after token, with a softmax over all tokens
    at every step. A document begins and ends with a token of its own, ``"<end>"``, so
    that the probabilities of all documents add up to one. Documents are read side by
    side in streams; a long one is cut so that there are `batch_size` of them. The
    state is carried along a stream, the gradient through `truncation_length` steps.

    Parameters
    ----------
    hidden_size : int, default=64
        Number of units of a layer.

    analyzer : {'char', 'word'} or callable, default='char'
        What a token of a str is: a character, or what `token_pattern` finds. A
        callable is given each document and returns its tokens. Documents that are
        lists of tokens are taken as they are.

    lowercase : bool, default=False
        Whether to lowercase a str first.

    token_pattern : str, default=r"(?u)\w+|[^\w\s]"
        Regular expression of a word, for ``analyzer="word"``.

    min_df : int or float, default=1
        Tokens in fewer documents (or a smaller share of them) are unknown.

    max_features : int, default=None
        Only so many of the most frequent tokens are known.

    vocabulary : mapping or iterable, default=None
        The known tokens; None: those of the training documents.

    n_layers : int, default=1
        Number of recurrent layers.

    activation : {'tanh', 'logistic', 'relu', 'identity'}, default='tanh'
        The function sigma that makes states.

    recurrent_init : {'orthogonal', 'identity', 'normal'}, default='orthogonal'
        How the initial values of W are drawn: orthogonal, so that no gradient vanishes
        by W alone [4]_; the identity, for 'relu' [5]_; or from a normal
        distribution.

    spectral_radius : float, default=1.0
        Greatest absolute eigenvalue of the initial W. Below 1 the network forgets
        sooner, above 1 gradients grow [6]_.

    embedding_size : int, default=None
        Length of the vectors that stand for tokens. None: each token has a row of the
        first layer's U, which suits small vocabularies, such as characters.

    truncation_length : int, default=50
        No gradient passes through more than so many applications of W; there is an
        update every so many steps. None: whole streams.

    clip_threshold : float, default=1.0
        Limit on the gradient of a batch, before the solver ('sgd' and 'adam' only).
        None: no clipping.

    clip_mode : {'norm', 'value'}, default='norm'
        'norm' scales the whole gradient to `clip_threshold` when its L2 norm exceeds
        it [2]_; 'value' limits every component to plus or minus `clip_threshold`.

    dropout : float, default=0.0
        Share of the states that is dropped in training, between the layers and
        before the output ('sgd' and 'adam' only).

    token_dropout : float, default=0.0
        Share of the tokens read that is replaced by the unknown one in training
        ('sgd' and 'adam' only).

    solver : {'adam', 'sgd', 'lbfgs'}, default='adam'
        'adam' [3]_ and 'sgd' with momentum update after every batch or segment;
        'lbfgs' works on all sequences at once, for small data.

    alpha : float, default=0.0
        Strength of the L2 penalty, ``alpha / 2 * ||weights||^2`` over the number of
        targets in the batch. Biases are free of it.

    batch_size : int or 'auto', default='auto'
        Streams that are read side by side; 'auto' is 32.

    learning_rate : {'constant', 'invscaling', 'adaptive', 'cosine'}, default='cosine'
        How the rate goes over the epochs ('sgd' and 'adam'): it stays; it falls as
        ``learning_rate_init / t_ ** power_t``; it is divided by five each time that
        the loss (or validation score) stalls; it falls along half a cosine to zero
        at `max_iter`.

    learning_rate_init : float, default=0.003
        The rate to start with.

    power_t : float, default=0.5
        Exponent of 'invscaling'.

    max_iter : int, default=10
        Number of epochs; with `early_stopping`, at most.

    shuffle : bool, default=True
        Whether to draw the batches anew in each epoch. Streams of similar lengths
        then come together. If False, batches follow the order of `X`.

    random_state : int, RandomState instance or None, default=None
        Determines initial values, batches, dropout and the validation split.

    tol : float, default=1e-4
        An epoch that lowers the loss (raises the validation score) by less is
        without improvement; for 'lbfgs', the gradient's greatest component at which
        to stop.

    verbose : bool, default=False
        Whether to print a line for every epoch.

    warm_start : bool, default=False
        Whether `fit` goes on from the parameters, and the tokens, of the last fit.

    momentum : float, default=0.9
        Share of the last step that 'sgd' repeats.

    nesterovs_momentum : bool, default=True
        Whether 'sgd' takes the gradient where the momentum leads.

    beta_1 : float, default=0.9
        Decay rate of Adam's first moment.

    beta_2 : float, default=0.999
        Decay rate of Adam's second moment.

    epsilon : float, default=1e-8
        Added to the square root of Adam's second moment.

    early_stopping : bool, default=False
        Whether to set `validation_fraction` of the streams aside, stop when their
        log-likelihood no longer rises, and keep the best parameters.

    validation_fraction : float, default=0.1
        Share of the streams that `early_stopping` sets aside.

    n_iter_no_change : int or inf, default=np.inf
        So many epochs in a row may pass without improvement. inf: `max_iter` is a
        fixed budget.

    dtype : {'float32', 'float64'}, default=None
        Precision; None: float32.

    n_jobs : int, default=None
        Threads that share the batches of a prediction; -1: all cores. None: as many
        as BLAS may use, where the network and the batches are large enough.

    Attributes
    ----------
    tokens_ : ndarray of shape (n_tokens,)
        The tokens by id: ``"<unknown>"``, all that are known, and ``"<end>"``.

    encoder_ : TokenEncoder
        Turns documents into ids.

    n_outputs_ : int
        Number of tokens.

    n_iter_ : int
        Number of epochs of the last fit.

    t_ : int
        Number of streams trained on, counted once an epoch.

    loss_ : float
        Loss of the last epoch.

    best_loss_ : float or None
        Lowest loss; None with `early_stopping`.

    loss_curve_ : list of float
        Loss of each epoch, in nats a token, with the penalty.

    validation_scores_ : list of float or None
        Log-likelihood a token on the validation part by epoch; None without
        `early_stopping`.

    best_validation_score_ : float or None
        The highest of them; its parameters are kept.

    grad_norm_curve_ : list of float
        Mean L2 norm of an epoch's gradients, before clipping.

    clip_fraction_curve_ : list of float or None
        Share of an epoch's updates that clipping changed; None for 'lbfgs'.

    coefs_, recurrent_coefs_, intercepts_ : list of list of ndarray
        U (n_inputs, H), W (H, H) and b (H,), by layer, a list of one each: views into
        the network's parameters.

    output_coef_ : ndarray of shape (H, `n_outputs_`)
        V.

    output_intercept_ : ndarray of shape (`n_outputs_`,)
        c.

    embedding_ : ndarray of shape (n_tokens, embedding_size)
        E, with `embedding_size` only.

    See Also
    --------
    RNNTagger : A label for every step.
    skrnn.preprocessing.TokenEncoder : Documents as sequences of ids.

    References
    ----------
    .. [1] Mikolov et al., "Recurrent neural network based language model",
       Interspeech (2010).
    .. [2] Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent
       neural networks", ICML (2013), algorithm 1.
    .. [3] Kingma and Ba, "Adam: a method for stochastic optimization", ICLR (2015),
       algorithm 1.
    .. [4] Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of
       learning in deep linear neural networks", ICLR (2014).
    .. [5] Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of
       rectified linear units", arXiv:1504.00941 (2015).
    .. [6] Jaeger and Haas, "Harnessing nonlinearity: predicting chaotic systems and
       saving energy in wireless communication", Science 304 (2004).

    Examples
    --------
    >>> from skrnn import RNNLanguageModel
    >>> rhymes = ["hey diddle diddle", "hickory dickory dock"] * 20
    >>> model = RNNLanguageModel(32, max_iter=30, learning_rate_init=0.02,
    ...                          random_state=0).fit(rhymes)
    >>> model.complete("hey", temperature=0)
    'hey diddle diddle'
    >>> bool(model.perplexity(rhymes) < 1.2)
    True
    """

    bidirectional = False
    pooling = None
    _reads_steps = True
    _parameter_constraints: dict = {
        **{
            name: constraint
            for name, constraint in BaseRNN._parameter_constraints.items()
            if name != "bidirectional"
        },
        **TokenEncoder._parameter_constraints,
    }

    def __init__(
        self,
        hidden_size=64,
        *,
        analyzer="char",
        lowercase=False,
        token_pattern=r"(?u)\w+|[^\w\s]",
        min_df=1,
        max_features=None,
        vocabulary=None,
        n_layers=1,
        activation="tanh",
        recurrent_init="orthogonal",
        spectral_radius=1.0,
        embedding_size=None,
        truncation_length=50,
        clip_threshold=1.0,
        clip_mode="norm",
        dropout=0.0,
        token_dropout=0.0,
        solver="adam",
        alpha=0.0,
        batch_size="auto",
        learning_rate="cosine",
        learning_rate_init=0.003,
        power_t=0.5,
        max_iter=10,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=np.inf,
        dtype=None,
        n_jobs=None,
    ):
        self.hidden_size = hidden_size
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.min_df = min_df
        self.max_features = max_features
        self.vocabulary = vocabulary
        self.n_layers = n_layers
        self.activation = activation
        self.recurrent_init = recurrent_init
        self.spectral_radius = spectral_radius
        self.embedding_size = embedding_size
        self.truncation_length = truncation_length
        self.clip_threshold = clip_threshold
        self.clip_mode = clip_mode
        self.dropout = dropout
        self.token_dropout = token_dropout
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.dtype = dtype
        self.n_jobs = n_jobs

    # -- fit -----------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Fit the network to documents.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents. One long text is a list of one.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            When the input or a parameter is not as described.
        FloatingPointError
            When training diverges. The estimator stays as it was before.
        """
        return self._fit(X, None, None)

    @available_if(can_fit_partially)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
        """Go on training for one epoch on the given documents.

        The first call decides which tokens are known, by `vocabulary` or its own
        documents. The solver's state is kept from call to call.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        return self._partial_fit(X, None, None)

    def _check_X(self, X, reset):
        documents = X if isinstance(X, str) else list(X)
        if reset:
            encoder = TokenEncoder(
                analyzer=self.analyzer,
                lowercase=self.lowercase,
                token_pattern=self.token_pattern,
                min_df=self.min_df,
                max_features=self.max_features,
                vocabulary=self.vocabulary,
            ).fit(documents)
        else:
            encoder = self.encoder_
        if encoder.n_ids_ > 1:
            raise ValueError(
                "RNNLanguageModel predicts one token a step, but the tokens of X are "
                "tuples. Join their features, or predict them by RNNTagger."
            )
        encoded = EncodedDocuments(encoder.encode(documents), encoder)
        encoded.are_text = any(isinstance(document, str) for document in documents)
        return encoded

    def _check_targets(self, checked, y):
        """There are none but the tokens themselves."""

    def _n_tokens(self, checked, continues):
        return checked.encoder.n_tokens_ + 1

    def _encode(self, y, X, sample_weight, classes=None):
        n_streams = DEFAULT_BATCH_SIZE if self.batch_size == "auto" else self.batch_size
        X.cut_into_streams(n_streams, self.truncation_length or 1)
        names = [*X.encoder.get_feature_names_out(), END]
        tokens = np.empty(len(names), dtype=object)
        tokens[:] = names
        return Target(
            X.next_ids,
            "softmax",
            len(tokens),
            fitted={"tokens_": tokens, "encoder_": X.encoder},
        )

    def _seen(self, X, checked, target, continues):
        return {
            "n_outputs_": target.n_outputs,
            "_has_read_text": checked.are_text,
            **target.fitted,
        }

    def _validate(self, network, validation):
        log_likelihoods = predict_log_likelihoods(
            network.architecture, network.theta, validation.X, validation.y
        )
        return float(log_likelihoods.sum() / validation.X.lengths.sum())

    # -- how likely documents are --------------------------------------------------

    def score_samples(self, X):
        """Compute the log-likelihood of each document, its end included.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents.

        Returns
        -------
        log_likelihoods : ndarray of shape (n_documents,)
            In nats; the sum over the document's tokens.
        """
        log_likelihoods, sequences = self._log_likelihoods(X)
        return np.add.reduceat(log_likelihoods, sequences.starts)

    def score(self, X, y=None):
        """Compute the mean log-likelihood of a token, in nats.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents, whose ends count as tokens.
        y : None
            Ignored.

        Returns
        -------
        score : float
            Higher is better.
        """
        return float(self._log_likelihoods(X)[0].mean())

    def perplexity(self, X):
        """Compute among how many tokens the model is in doubt, on average.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents, whose ends count as tokens.

        Returns
        -------
        perplexity : float
            ``exp(-score(X))``; lower is better.
        """
        return float(np.exp(-self.score(X)))

    def _log_likelihoods(self, X):
        check_is_fitted(self)
        documents = self._check_X(X, reset=False)
        n_jobs = self._n_prediction_threads(documents.sequences)
        with one_blas_thread():
            log_likelihoods = predict_log_likelihoods(
                self._architecture,
                self._theta,
                documents.sequences,
                documents.next_ids,
                n_jobs,
            )
        return log_likelihoods, documents.sequences

    # -- what comes next -----------------------------------------------------------

    def predict_proba(self, X):
        """Predict the probability of each token to come next after each document.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents so far; one may be empty.

        Returns
        -------
        p : ndarray of shape (n_documents, n_tokens)
            In the order of `tokens_`; the last column is the document's end.
        """
        check_is_fitted(self)
        documents = self._check_X(X, reset=False)
        n_jobs = self._n_prediction_threads(documents.sequences)
        with one_blas_thread():
            return predict_last_outputs(
                self._architecture, self._theta, documents.sequences, n_jobs
            )

    def predict(self, X):
        """Predict the token that comes next after each document.

        Parameters
        ----------
        X : iterable of str, or of lists of tokens
            The documents so far; one may be empty.

        Returns
        -------
        tokens : ndarray of shape (n_documents,)
            Out of `tokens_`; ``"<end>"`` where the document is most likely complete.
        """
        ids = self.predict_proba(X).argmax(axis=1)
        return self.tokens_[ids]

    @validate_params(SAMPLING, prefer_skip_nested_validation=True)
    def complete(
        self,
        prefixes,
        max_tokens=100,
        *,
        temperature=1.0,
        top_k=None,
        top_p=None,
        stop=None,
        random_state=None,
    ):
        """Complete documents, all of them side by side.

        Parameters
        ----------
        prefixes : str, or iterable of str or of lists of tokens
            How the documents begin. Tokens that are not known are read as the unknown
            one. A single str is completed to a str.

        max_tokens : int, default=100
            So many tokens are added at most. A completion ends earlier where the
            model ends the document.

        temperature : float, default=1.0
            Divides the scores before the softmax: below one the likely tokens become
            more likely. 0: always the most likely token.

        top_k : int, default=None
            Draw from only so many of the most likely tokens.

        top_p : float, default=None
            Draw from only the most likely tokens that have together at least this
            probability.

        stop : str or list of tokens, default=None
            Tokens that end a completion; they are not part of it.

        random_state : int, RandomState instance or None, default=None
            Determines what is drawn.

        Returns
        -------
        documents : list of str, or of lists of tokens
            The prefixes with their completions; lists of tokens where the prefix is
            one or `analyzer` is a callable. The unknown token is never drawn.
        """
        documents = [prefixes] if isinstance(prefixes, str) else list(prefixes)
        sampling = Sampling(temperature, top_k, top_p, stop, random_state)
        check_is_fitted(self)
        encoded = self._check_X(documents, reset=False)
        added = self._write(encoded, max_tokens, sampling)
        completed = [self._join(*pair) for pair in zip(documents, added)]
        return completed[0] if isinstance(prefixes, str) else completed

    @validate_params(
        {**SAMPLING, "max_tokens": [*SAMPLING["max_tokens"], None]},
        prefer_skip_nested_validation=True,
    )
    def stream(
        self,
        prefix="",
        max_tokens=None,
        *,
        temperature=1.0,
        top_k=None,
        top_p=None,
        stop=None,
        random_state=None,
    ):
        """Complete a document token by token.

        Parameters
        ----------
        prefix : str or list of tokens, default=""
            How the document begins.

        max_tokens : int, default=None
            So many tokens at most; None: until the model ends the document.

        temperature, top_k, top_p, stop, random_state
            As in `complete`.

        Yields
        ------
        token : object
            The next token, as soon as it is drawn. Each costs one step, however many
            there were before.
        """
        sampling = Sampling(temperature, top_k, top_p, stop, random_state)
        check_is_fitted(self)
        encoded = self._check_X([prefix], reset=False)
        return self._stream(*self._begin(encoded, sampling, is_single=True), max_tokens)

    def _stream(self, stepper, sampler, stops, max_tokens):
        stops, tokens = set(stops), self.tokens_.tolist()
        for _ in count() if max_tokens is None else range(max_tokens):
            i = sampler.draw(stepper.scores)
            if i in stops:
                return
            yield tokens[i]
            stepper.step(i)

    @validate_params(SAMPLING, prefer_skip_nested_validation=True)
    def sample(
        self,
        n_samples=1,
        max_tokens=1000,
        *,
        temperature=1.0,
        top_k=None,
        top_p=None,
        stop=None,
        random_state=None,
    ):
        """Write documents from nothing.

        Parameters
        ----------
        n_samples : int, default=1
            How many.

        max_tokens : int, default=1000
            So many tokens each at most.

        temperature, top_k, top_p, stop, random_state
            As in `complete`.

        Returns
        -------
        documents : list of str, or of lists of tokens
            Lists where `analyzer` is a callable, or all training documents were lists.
        """
        sampling = Sampling(temperature, top_k, top_p, stop, random_state)
        check_is_fitted(self)
        nothing = np.empty(0, dtype=np.int32)
        encoded = EncodedDocuments([nothing] * n_samples, self.encoder_)
        written = self._write(encoded, max_tokens, sampling)
        if callable(self.analyzer) or not self._has_read_text:
            return written
        return [self._join("", tokens) for tokens in written]

    def _write(self, encoded, max_tokens, sampling):
        """Draw the tokens that follow each document."""
        stepper, sampler, stops = self._begin(encoded, sampling)
        added = [[] for _ in encoded.sequences.lengths]
        is_running = np.ones(len(added), dtype=bool)
        for _ in range(max_tokens):
            ids = sampler.draw(stepper.scores)
            is_running &= ~np.isin(ids, stops)
            if not is_running.any():
                break
            for i in np.flatnonzero(is_running).tolist():
                added[i].append(self.tokens_[ids[i]])
            stepper.step(ids)
        return added

    def _begin(self, encoded, sampling, is_single=False):
        """Read the documents; return what steps on, what draws, and what stops."""
        state = final_states(self._architecture, self._theta, encoded.sequences)
        stepper = Stepper(
            self._architecture,
            self._theta,
            state[:, 0] if is_single else state,
            sampling.temperature or 1.0,
            excluded=[UNKNOWN_ID],
        )
        rng = None
        if sampling.temperature > 0:
            seed = check_random_state(sampling.random_state).randint(2**31, size=4)
            rng = np.random.default_rng(seed)
        sampler = Sampler(rng, sampling.top_k, sampling.top_p)
        return stepper, sampler, self._stops(sampling.stop)

    def _stops(self, stop):
        end = len(self.tokens_) - 1
        if stop is None:
            return [end]
        stop = [stop] if isinstance(stop, str) else list(stop)
        ids = {token: i for i, token in enumerate(self.tokens_.tolist())}
        for token in stop:
            if token not in ids:
                raise ValueError(
                    f"stop holds {token!r}, which is none of the model's tokens "
                    "(tokens_). Give tokens, such as single characters for "
                    "analyzer='char'."
                )
        return [end, *(ids[token] for token in stop)]

    def _join(self, prefix, added):
        """Put a prefix and its completion together, as what the prefix is."""
        if not isinstance(prefix, str):
            return [*prefix, *added]
        if self.analyzer == "char":
            return prefix + "".join(added)
        if self.analyzer == "word":
            return SPACE_TO_DROP.sub("", " ".join([prefix.rstrip(), *added]).strip())
        return [*self.analyzer(prefix), *added]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        tags.input_tags.sparse = False
        tags.target_tags.required = False
        return tags
