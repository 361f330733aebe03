"""What a prediction looked at: gradient times input of each step."""

from html import escape
from itertools import islice
from math import floor, log10
from numbers import Integral

import numpy as np

from .._core.probing import Probe
from .._language_model import RNNLanguageModel
from .._threads import one_blas_thread
from .._training.batches import gather_rows
from ._fitted import batches_to_probe, check_fitted, check_sequences_of, own_tokens

WIDTH = 79
# Only so many sequences are shown.
N_SHOWN = 10
BLUE, ORANGE = "0, 114, 178", "213, 94, 0"
# Of the strongest colour; the text must stay readable on it.
OPACITY = 0.7


def step_importance(estimator, X, target=None, *, step=-1, tokens=None):
    """Compute how much each step's input moved the prediction.

    Gradient times input [1]_: the derivative of a score by the inputs of a step, times
    these inputs, summed. It is what the score would lose without that step, if it were
    linear in it; in a network of identities without biases, the steps' importances add
    up to the score. The score is that of the predicted, or the asked label, before
    softmax or logistic function; of a regressor its output. Of tokens the input is
    their embedded vector; without `embedding_size`, the one that stands for the token.

    Parameters
    ----------
    estimator : RNNClassifier, RNNTagger, RNNRegressor or RNNLanguageModel
        Fitted.
    X : list of arrays of shape (n_steps, n_features)
        Sequences in any form that its `predict` takes.
    target : label, or array-like of shape (n_sequences,), default=None
        The label whose score is explained, for all sequences or for each; of a
        language model a token, of a regressor or with several labels at once the
        number of a column. None: the predicted one, that is the one with the highest
        score; a regressor with several outputs must be told.
    step : int, default=-1
        Where there is an output at every step, the step whose output is explained;
        -1 is each sequence's last one. A language model's step 0 is the mark with
        which a document begins.
    tokens : list of sequences of length n_steps, default=None
        What stands for the steps when the result is shown; for each sequence a list,
        or a str of as many characters. None: of a language model its tokens, else the
        steps' numbers.

    Returns
    -------
    importance : StepImportance
        Its `values` are the arrays; shown in a notebook it is coloured text, printed
        it is plain.

    Raises
    ------
    TypeError
        When the estimator is a pipeline, or none of this package.
    ValueError
        When there is no such label, output or step, or when the tokens are not as many
        as the steps.

    References
    ----------
    .. [1] Ancona, Ceolini, Öztireli and Gross, "Towards better understanding of
       gradient-based attribution methods for deep neural networks", ICLR (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.inspection import step_importance
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.integers(1, 4, size=n) for n in rng.integers(2, 6, size=60)]
    >>> y = ["with 3" if 3 in x else "without" for x in X]
    >>> model = RNNClassifier(8, embedding_size=4, pooling="max", solver="lbfgs",
    ...                       max_iter=50, n_iter_no_change=np.inf, random_state=0)
    >>> model = model.fit(X, y)
    >>> importance = step_importance(model, [[1, 3, 2]], tokens=[["I", "III", "II"]])
    >>> int(importance.values[0].argmax())
    1
    """
    check_fitted(estimator)
    checked = check_sequences_of(estimator, X)
    X = checked.sequences
    if tokens is None:
        tokens = own_tokens(estimator, checked)
    tokens = _check_tokens(tokens, X.lengths)
    labels = _labels(estimator)
    asked = _asked(estimator, target, labels, len(X))
    steps = _steps(estimator, step, X.lengths)
    probe = Probe(estimator._architecture, estimator._theta)
    shares, scores = np.empty(X.rows.shape[0]), np.empty(len(X))
    chosen = np.empty(len(X), dtype=np.intp)
    with one_blas_thread():
        for members, piece in batches_to_probe(X, estimator.n_outputs_):
            x = gather_rows(X, piece, probe.workspace)
            outputs = probe.outputs(x, piece, before_link=True)
            read = np.arange(len(piece))
            if steps is not None:
                read += piece.offsets[steps[members]]
            own = _scores(outputs[read], len(labels))
            chosen[members] = own.argmax(axis=1) if asked is None else asked[members]
            scores[members] = own[np.arange(len(own)), chosen[members]]
            weights = np.zeros_like(outputs)
            weights[read] = _weights(chosen[members], outputs.shape[1], len(labels))
            shares[piece.source] = probe.input_shares(x, piece, weights)
    values = [shares[span] for span in X.spans()]
    return StepImportance(values, tokens, [labels[i] for i in chosen], scores)


def _labels(estimator):
    """What can be asked for: labels, tokens, or the numbers of outputs."""
    if isinstance(estimator, RNNLanguageModel):
        return estimator.tokens_.tolist()
    if hasattr(estimator, "classes_"):
        return estimator.classes_.tolist()
    return list(range(estimator.n_outputs_))


def _asked(estimator, target, labels, n_sequences):
    """Number of the label asked for, by sequence; None: the predicted one."""
    if target is None:
        is_regressor = not hasattr(estimator, "predict_proba")
        if is_regressor and len(labels) > 1:
            raise ValueError(
                f"The regressor has {len(labels)} outputs; say by target which one is "
                "to be explained, a number from 0."
            )
        return None
    is_one = np.ndim(target) == 0
    targets = [target] if is_one else list(target)
    if not is_one and len(targets) != n_sequences:
        raise ValueError(
            f"target holds {len(targets)} labels, but X {n_sequences} sequences. Give "
            "one label for each, or one for all."
        )
    numbers = {label: i for i, label in enumerate(labels)}
    for label in targets:
        if label not in numbers:
            known = ", ".join(map(repr, labels[:20])) + ", ..." * (len(labels) > 20)
            raise ValueError(f"target holds {label!r}, which is none of {known}.")
    return np.broadcast_to([numbers[label] for label in targets], n_sequences)


def _steps(estimator, step, lengths):
    """Number of the step that is explained, by sequence; None: there is one output."""
    if not estimator._reads_steps:
        if step != -1:
            raise ValueError(
                f"step={step!r}, but this {type(estimator).__name__} has one output "
                "for the whole sequence. Leave step out."
            )
        return None
    if not isinstance(step, Integral):
        raise ValueError(f"step={step!r}, but it is to be an integer.")
    steps = step + lengths * (step < 0)
    is_bad = (steps < 0) | (steps >= lengths)
    if is_bad.any():
        i = int(np.argmax(is_bad))
        raise ValueError(
            f"step={step}, but X[{i}] has {lengths[i]} steps. Choose a step that every "
            "sequence has, or pass fewer sequences."
        )
    return steps


def _check_tokens(tokens, lengths):
    if tokens is None:
        return [list(range(length)) for length in lengths.tolist()]
    if isinstance(tokens, str) or len(tokens) != len(lengths):
        raise ValueError(
            f"tokens must hold a list of tokens for each of the {len(lengths)} "
            "sequences."
        )
    for i, (own, length) in enumerate(zip(tokens, lengths.tolist())):
        if len(own) != length:
            raise ValueError(
                f"tokens[{i}] has {len(own)} tokens, but X[{i}] has {length} steps. "
                "Give one token for each step."
            )
    return [list(own) for own in tokens]


def _scores(outputs, n_labels):
    """Score of each label; where one output tells two apart, it is the second's."""
    if outputs.shape[1] == n_labels:
        return outputs
    return np.hstack([-outputs, outputs])[:, :n_labels]


def _weights(chosen, n_outputs, n_labels):
    """What the outputs are multiplied by to give the score of the chosen label."""
    if n_outputs == n_labels:
        return np.eye(n_outputs)[chosen]
    return np.where(chosen == 1, 1.0, -1.0)[:, None]


class StepImportance:
    """How much each step's input moved the prediction, as coloured or plain text.

    Made by `step_importance`. Blue, and above zero, are steps that raised the score;
    orange, and below, those that lowered it. Colours are relative to the sequence's
    most important step. Of many sequences the first ten are shown.

    Parameters
    ----------
    values : list of ndarray of shape (n_steps,)
        The importances, by sequence.
    tokens : list of list
        What stands for the steps, by sequence.
    targets : list
        Label of the score that is explained, by sequence.
    scores : ndarray of shape (n_sequences,)
        That score.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.inspection import StepImportance
    >>> values = [np.array([0.02, -0.61, 1.3])]
    >>> StepImportance(values, [["not", "a", "bore"]], ["good"], np.array([0.7]))
    target 'good', score 0.7
      not    a bore
    +0.02 -0.61 +1.30
    """

    def __init__(self, values, tokens, targets, scores):
        self.values = values
        self.tokens = tokens
        self.targets = targets
        self.scores = scores

    def __repr__(self):
        parts = [
            f"{heading}\n{_as_text(tokens, values)}"
            for heading, tokens, values in self._shown()
        ]
        return "\n\n".join(parts + self._left_out())

    def _repr_html_(self):
        parts = [
            f"<p><b>{escape(heading)}</b><br>{_as_html(tokens, values)}</p>"
            for heading, tokens, values in self._shown()
        ]
        return "\n".join(parts + [f"<p>{text}</p>" for text in self._left_out()])

    def _shown(self):
        for target, score, tokens, values in islice(
            zip(self.targets, self.scores, self.tokens, self.values), N_SHOWN
        ):
            yield f"target {target!r}, score {score:.3g}", tokens, values

    def _left_out(self):
        n = len(self.values) - N_SHOWN
        return [f"and {n} more"] if n > 0 else []


def _as_text(tokens, values):
    """Lines of tokens, each with its value beneath."""
    form = _form(np.abs(values).max())
    lines, above, beneath = [], "", ""
    for token, value in zip(map(_printable, tokens), values):
        number = format(value, form)
        width = max(len(token), len(number))
        if above and len(above) + 1 + width > WIDTH:
            lines += [above.rstrip(), beneath.rstrip(), ""]
            above = beneath = ""
        gap = " " if above else ""
        above += gap + token.rjust(width)
        beneath += gap + number.rjust(width)
    return "\n".join([*lines, above, beneath])


def _form(greatest):
    """How numbers are written of which the greatest has three digits."""
    exponent = floor(log10(greatest)) if greatest > 0 else 0
    if -3 <= exponent <= 3:
        return f"+.{max(0, 2 - exponent)}f"
    return "+.0e"


def _printable(token):
    """The token as it is, but in quotes where one would not see it."""
    text = str(token)
    return text if text.isprintable() and text.strip() else repr(text)


def _as_html(tokens, values):
    """Tokens on coloured ground, their values where the mouse points."""
    tokens = [str(token) for token in tokens]
    greatest = np.abs(values).max() or 1.0
    spans = []
    for token, value in zip(tokens, values):
        color = BLUE if value > 0 else ORANGE
        opacity = OPACITY * abs(value) / greatest
        spans.append(
            f'<span title="{value:+.3g}" style="white-space: pre-wrap; '
            f'background-color: rgba({color}, {opacity:.2f})">{escape(token)}</span>'
        )
    # Most tokens are of one character: text without gaps.
    is_by_character = sum(len(token) == 1 for token in tokens) > len(tokens) / 2
    return ("" if is_by_character else " ").join(spans)
