"""One label for each sequence."""

import numpy as np
from scipy import sparse
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import check_array, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, is_multilabel

from ._base import BaseRNN, Target, can_fit_partially
from ._following import FollowMixin
from ._labels import (
    as_head_target,
    check_indicator,
    check_labels,
    codes_of,
    head_for,
    most_likely,
    probabilities,
)
from ._validation import one_each


class RNNClassifier(FollowMixin, ClassifierMixin, BaseRNN):
    """Recurrent network that gives each sequence a label.

    An Elman network [1]_ trained by back-propagation through time::

        s_t = sigma(x_t U + s_{t-1} W + b)        (1)
        y   = O(pooled(s) V + c)                  (2)

    with O the softmax, or the logistic function for two classes and for multilabel
    targets, and cross-entropy as the loss.

    Parameters
    ----------
    hidden_size : int, default=64
        Number of units in each layer and direction, H.

    n_layers : int, default=1
        Number of recurrent layers; each reads the states of the one before.

    bidirectional : bool, default=False
        Whether a second, independent recurrence reads each sequence from its own
        last step to its first, in every layer.

    activation : {'tanh', 'logistic', 'relu', 'identity'}, default='tanh'
        The function sigma of the recurrence.

    recurrent_init : {'orthogonal', 'identity', 'normal'}, default='orthogonal'
        How the initial values of W are drawn: orthogonal, so that no gradient vanishes
        by W alone [4]_; the identity, for 'relu' [5]_; or from a normal
        distribution.

    spectral_radius : float, default=1.0
        Greatest absolute eigenvalue of the initial W. Below 1 the network forgets
        sooner, above 1 gradients grow [6]_.

    pooling : {'last', 'mean', 'max'}, default='last'
        What the output reads of the top layer's states: each direction's own final
        state, or their mean or maximum over the steps.

    embedding_size : int, default=None
        Length of the vectors that stand for tokens. Where set, `X` holds token ids;
        id 0 is the unknown token, as are ids beyond those seen in `fit`. None: `X`
        holds numbers. Where these vectors, or the first U of sparse sequences, meet
        tokens (features) that a batch does not hold, 'sgd' and 'adam' leave them and
        their moments as they are: an update costs what the batch touches.

    truncation_length : int, default=None
        No gradient passes through more than so many applications of W. A
        one-directional network with an output for every step then walks through
        each batch in segments of so many steps, its state carried over, one update
        a segment; one that reads the last state keeps only so many last steps of
        each sequence for the way back; all others run forward whole and cut the
        gradient at every so-many-th step of each direction. None: no truncation.

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
        Share of the token ids that is replaced by 0 in training, so that the unknown
        token is learned ('sgd' and 'adam' only).

    solver : {'adam', 'sgd', 'lbfgs'}, default='adam'
        'adam' [3]_ and 'sgd' with momentum update after every batch or segment;
        'lbfgs' works on all sequences at once, for small data.

    alpha : float, default=0.0001
        Strength of the L2 penalty, ``alpha / 2 * ||weights||^2`` over the number of
        targets in the batch. Biases are free of it.

    batch_size : int or 'auto', default='auto'
        Sequences in a batch; 'auto' is 32, or all if they are fewer.

    learning_rate : {'constant', 'invscaling', 'adaptive', 'cosine'}, default='constant'
        How the rate goes over the epochs ('sgd' and 'adam'): it stays; it falls as
        ``learning_rate_init / t_ ** power_t``; it is divided by five each time that
        the loss (or validation score) stalls; it falls along half a cosine to zero
        at `max_iter`.

    learning_rate_init : float, default=0.001
        The rate to start with.

    power_t : float, default=0.5
        Exponent of 'invscaling'.

    max_iter : int, default=200
        Number of epochs at most; for 'lbfgs', of iterations.

    shuffle : bool, default=True
        Whether to draw the batches anew in each epoch. Sequences of similar lengths
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
        Whether `fit` goes on from the parameters of the last fit.

    momentum : float, default=0.9
        Share of the last step that is repeated ('sgd').

    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum ('sgd').

    beta_1 : float, default=0.9
        Decay rate of the first moment ('adam').

    beta_2 : float, default=0.999
        Decay rate of the second moment ('adam').

    epsilon : float, default=1e-8
        Added to the root of the second moment ('adam').

    early_stopping : bool, default=False
        Whether to set `validation_fraction` of the sequences aside, to stop when
        their score no longer improves, and to keep the best parameters.

    validation_fraction : float, default=0.1
        Share of the sequences set aside by `early_stopping`.

    n_iter_no_change : int or inf, default=10
        Epochs without improvement after which to stop. inf: `max_iter` epochs are
        run, and that they end without convergence is no warning.

    class_weight : dict or 'balanced', default=None
        Weight of each class, ``{label: weight}``; 'balanced' weighs classes inversely
        to their frequency. Not for multilabel targets.

    dtype : {'float32', 'float64'}, default=None
        To compute in. None: as `X`, float32 for token ids.

    n_jobs : int, default=None
        Threads that share the batches of a prediction; -1: all cores. None: as many
        as BLAS may use, where the network and the batches are large enough.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels; for multilabel targets the numbers of the columns.

    n_features_in_ : int
        Number of features (or of token ids) a step.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names of `X`, where it was a data frame with string columns.

    n_outputs_ : int
        Number of columns of V.

    n_iter_ : int
        Number of epochs of the last fit.

    t_ : int
        Number of sequences trained on, counted once an epoch.

    loss_ : float
        Loss of the last epoch.

    best_loss_ : float or None
        Lowest loss; None with `early_stopping`.

    loss_curve_ : list of float
        Loss of each epoch: the weighted mean over its targets, with the penalty.

    validation_scores_ : list of float or None
        Score on the validation part by epoch; None without `early_stopping`.

    best_validation_score_ : float or None
        The highest of them; its parameters are kept.

    grad_norm_curve_ : list of float
        Mean L2 norm of an epoch's gradients, before clipping.

    clip_fraction_curve_ : list of float or None
        Share of an epoch's updates that clipping changed; None for 'lbfgs'.

    coefs_, recurrent_coefs_, intercepts_ : list of list of ndarray
        U (n_inputs, H), W (H, H) and b (H,), by layer and direction: views into the
        network's parameters.

    output_coef_ : ndarray of shape (n_directions * H, `n_outputs_`)
        V.

    output_intercept_ : ndarray of shape (`n_outputs_`,)
        c.

    embedding_ : ndarray of shape (n_tokens, embedding_size)
        E, with `embedding_size` only.

    See Also
    --------
    RNNTagger : A label for every step.
    RNNRegressor : Numbers instead of labels.

    References
    ----------
    .. [1] Elman, "Finding structure in time", Cognitive Science 14 (1990).
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
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> lengths = rng.integers(3, 12, size=60)
    >>> X = [rng.normal(size=(n, 2)).cumsum(axis=0) for n in lengths]
    >>> y = ["up" if x[-1, 0] > 0 else "down" for x in X]
    >>> model = RNNClassifier(32, max_iter=40, n_iter_no_change=np.inf, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.9
    True
    >>> model.predict(X[:3]).tolist() == y[:3]
    True
    """

    _parameter_constraints: dict = {
        **BaseRNN._parameter_constraints,
        "pooling": [StrOptions({"last", "mean", "max"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }
    _reads_steps = False

    def __init__(
        self,
        hidden_size=64,
        *,
        n_layers=1,
        bidirectional=False,
        activation="tanh",
        recurrent_init="orthogonal",
        spectral_radius=1.0,
        pooling="last",
        embedding_size=None,
        truncation_length=None,
        clip_threshold=1.0,
        clip_mode="norm",
        dropout=0.0,
        token_dropout=0.0,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
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
        n_iter_no_change=10,
        class_weight=None,
        dtype=None,
        n_jobs=None,
    ):
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.bidirectional = bidirectional
        self.activation = activation
        self.recurrent_init = recurrent_init
        self.spectral_radius = spectral_radius
        self.pooling = pooling
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
        self.class_weight = class_weight
        self.dtype = dtype
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the network to sequences and their targets.

        Parameters
        ----------
        X : list of arrays of shape (n_steps, n_features)
            The sequences, of any lengths, dense or sparse. Also a 1-D object array of
            them, a 3-D array (n_sequences, n_steps, n_features) in which trailing steps
            that are NaN in every feature are padding, or a 2-D table of one-step
            sequences.
            With `embedding_size` set, sequences of token ids: 1-D or (n_steps, k)
            integer arrays, or one integer array (n_sequences, n_steps).
        y : array-like of shape (n_sequences,) or (n_sequences, n_labels)
            The labels, of any type; or, for several labels at once, zeros and ones.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence. None: all one.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            When the input or a parameter is not as described; the message names the
            sequence and the step.
        FloatingPointError
            When training diverges. The estimator stays as it was before.
        """
        return self._fit(X, y, sample_weight)

    @available_if(can_fit_partially)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Go on training for one epoch on the given sequences.

        The solver's state is kept from call to call.

        Parameters
        ----------
        X : list of arrays of shape (n_steps, n_features)
            Sequences in any form that `fit` takes. With `embedding_size`, the first
            call decides on the greatest token id.

        y : array-like
            Their targets, as in `fit`.

        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call only.

        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence. None: all one.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            When the input is not as described, or a label is
            not among the classes.
        FloatingPointError
            When training diverges. The estimator stays as it was before.
        """
        classes = self._classes_of_all_parts(classes)
        if classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all labels "
                "that will ever come, for example np.unique(all_y)."
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def _encode(self, y, X, sample_weight, classes=None):
        if is_multilabel(y):
            return self._encode_indicator(y, sample_weight)
        y = check_labels(self._check_1d(y), "y[{}]".format)
        check_classification_targets(y)
        if classes is None:
            classes = np.unique(y)
        codes = codes_of(y, classes, "y[{}]".format)
        class_weight = None
        if self.class_weight is not None:
            class_weight = compute_class_weight(self.class_weight, classes=classes, y=y)
        head, n_outputs = head_for(len(classes))
        return Target(
            as_head_target(codes, len(classes)),
            head,
            n_outputs,
            fitted={"classes_": classes, "_is_multilabel": False},
            stratify=y,
            sample_weight=sample_weight,
            class_weight=class_weight,
        )

    def _check_1d(self, y):
        """One label for each sequence, (n_sequences,)."""
        labels = one_each(y)
        if labels is None:
            got = "a sequence of labels for each sequence"
        elif labels.shape[1:] in ((), (1,)):
            return column_or_1d(labels, warn=True)
        else:
            got = f"an array of shape {labels.shape}"
        raise ValueError(
            f"y should be a 1d array, got {got}. RNNClassifier gives each sequence one "
            "label. For a label at every step see RNNTagger; several labels at once "
            "are encoded as zeros and ones in columns (MultiLabelBinarizer)."
        )

    def _encode_indicator(self, y, sample_weight):
        if self.class_weight is not None:
            raise ValueError(
                "class_weight is for one label per sequence, but y is a multilabel "
                "indicator. Use sample_weight, or set class_weight=None."
            )
        y = check_array(y, accept_sparse=True, input_name="y", estimator=self)
        y = check_indicator(y.toarray() if sparse.issparse(y) else y, "y")
        return Target(
            y,
            "logistic",
            y.shape[1],
            fitted={"classes_": np.arange(y.shape[1]), "_is_multilabel": True},
            sample_weight=sample_weight,
        )

    def _validation_score(self, outputs, data):
        from sklearn.metrics import accuracy_score

        if data.y.shape[1:] and data.y.shape[1] > 1:
            return accuracy_score(data.y, outputs > 0.5, sample_weight=data.weights)
        n_classes = outputs.shape[1] if outputs.shape[1] > 1 else 2
        return accuracy_score(
            data.y.ravel(), most_likely(outputs, n_classes), sample_weight=data.weights
        )

    def predict(self, X):
        """Predict the label of each sequence.

        Parameters
        ----------
        X : list of arrays of shape (n_steps, n_features)
            Sequences in any form that `fit` takes.

        Returns
        -------
        y : ndarray of shape (n_sequences,) or (n_sequences, n_labels)
            Labels out of `classes_`; for multilabel targets zeros and ones.
        """
        return self._predicted(*self._outputs(X))

    def _predicted(self, outputs, checked):
        if self._is_multilabel:
            return (outputs > 0.5).astype(int)
        return self.classes_[most_likely(outputs, len(self.classes_))]

    def predict_proba(self, X):
        """Predict the probability of each class for each sequence.

        Parameters
        ----------
        X : list of arrays of shape (n_steps, n_features)
            Sequences in any form that `fit` takes.

        Returns
        -------
        p : ndarray of shape (n_sequences, n_classes)
            In the order of `classes_`. Rows sum to one, but for multilabel targets,
            whose columns are independent.
        """
        return self._probabilities(*self._outputs(X))

    def _probabilities(self, outputs, checked):
        if self._is_multilabel:
            return outputs
        return probabilities(outputs, len(self.classes_))

    def predict_log_proba(self, X):
        """Predict the logarithm of the probabilities of `predict_proba`.

        Parameters
        ----------
        X : list of arrays of shape (n_steps, n_features)
            Sequences in any form that `fit` takes.

        Returns
        -------
        log_p : ndarray of shape (n_sequences, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def decision_function(self, X):
        """Compute the scores of the classes before softmax or logistic function.

        Parameters
        ----------
        X : list of arrays of shape (n_steps, n_features)
            Sequences in any form that `fit` takes.

        Returns
        -------
        scores : ndarray of shape (n_sequences, n_classes) or (n_sequences,)
            In the order of `classes_`. For two classes the score of the second, for
            multilabel targets of each label; above zero where it is predicted.
        """
        scores, _ = self._outputs(X, before_link=True)
        return scores if self._is_multilabel or scores.shape[1] > 1 else scores.ravel()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
