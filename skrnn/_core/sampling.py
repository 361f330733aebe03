"""Which token comes next: drawn from scores, of all tokens or of the best."""

import numpy as np

# For a single stream, the noise of so many draws is made at a time.
N_DRAWS = 256


class Sampler:
    """Draws tokens with the probabilities softmax(scores) (44).

    The greatest of the scores plus Gumbel noise is such a draw (45); Maddison, Tarlow
    and Minka 2014.

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
        self._noise = iter(())

    def draw(self, scores):
        """Draw a token, or one for each row of `scores`, which are spent."""
        if self._rng is None:
            return scores.argmax(axis=-1)
        if self._top_k is not None or self._top_p is not None:
            keep_best(scores, self._top_k, self._top_p)
        np.add(scores, self._noise_like(scores), scores)
        return scores.argmax(-1)

    def _noise_like(self, scores):
        if scores.ndim > 1:
            return self._gumbel(scores.shape, scores.dtype)
        for noise in self._noise:
            return noise
        self._noise = iter(self._gumbel((N_DRAWS, len(scores)), scores.dtype))
        return next(self._noise)

    def _gumbel(self, shape, dtype):
        noise = self._rng.standard_exponential(shape, dtype=dtype)
        np.maximum(noise, np.finfo(dtype).tiny, out=noise)
        return np.negative(np.log(noise, out=noise), out=noise)


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
