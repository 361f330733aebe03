"""Which token comes next: drawn from scores, of all tokens or of the best."""

import numpy as np

# Uniform numbers are drawn so many at a time.
N_DRAWN = 1024


class Sampler:
    """Draws tokens with the probabilities softmax(scores).

    Parameters
    ----------
    rng : numpy.random.Generator or None
        None: always the token with the highest score.
    top_k : int or None
        Only the `top_k` tokens with the highest scores come into question.
    top_p : float or None
        Only the most probable tokens come into question: as few as have at least
        this probability together (Holtzman et al. 2020, "nucleus").
    """

    def __init__(self, rng, top_k=None, top_p=None):
        self._rng = rng
        self._top_k = top_k
        self._top_p = top_p
        self._uniform = iter(())

    def draw(self, scores):
        """Draw a token, or one for each row of `scores`, which are spent."""
        if self._rng is None:
            return scores.argmax(axis=-1)
        keep_best(scores, self._top_k, self._top_p)
        return self._draw_one(scores) if scores.ndim == 1 else self._draw_each(scores)

    def _draw_one(self, scores):
        np.subtract(scores, scores[scores.argmax()], out=scores)
        np.exp(scores, out=scores)
        np.add.accumulate(scores, out=scores)
        return scores.searchsorted(scores[-1] * self._next_uniform())

    def _draw_each(self, scores):
        scores -= scores.max(axis=1, keepdims=True)
        cumulated = np.exp(scores, out=scores).cumsum(axis=1)
        uniform = [self._next_uniform() for _ in scores]
        target = cumulated[:, -1] * np.array(uniform, scores.dtype)
        return (cumulated < target[:, None]).sum(axis=1)

    def _next_uniform(self):
        """A number above 0, so that no token of probability 0 is drawn, up to 1."""
        for u in self._uniform:
            return u
        self._uniform = iter((1 - self._rng.random(N_DRAWN)).tolist())
        return next(self._uniform)


def keep_best(scores, top_k=None, top_p=None):
    """Set all but the best `scores` to minus infinity, in place.

    Parameters
    ----------
    scores : ndarray of shape (n_tokens,) or (n, n_tokens)
    top_k, top_p
        As in `Sampler`; of equal scores at the border all are kept.
    """
    if top_k is not None and top_k < scores.shape[-1]:
        bound = np.partition(scores, -top_k, axis=-1)[..., -top_k, None]
        scores[scores < bound] = -np.inf
    if top_p is not None:
        falling = -np.sort(-scores, axis=-1)
        p = np.exp(falling - falling[..., :1])
        p /= p.sum(axis=-1, keepdims=True)
        # A token is needed while those before it do not reach top_p.
        is_needed = p.cumsum(axis=-1) - p < top_p
        last = is_needed.sum(axis=-1, keepdims=True) - 1
        scores[scores < np.take_along_axis(falling, last, axis=-1)] = -np.inf
