"""Learning rates over the epochs, in `MLPClassifier`'s words."""

import math

ADAPTIVE_FACTOR = 5.0
SMALLEST_RATE = 1e-6


class Constant:
    """The rate stays.

    Parameters
    ----------
    initial : float
    """

    def __init__(self, initial):
        self.rate = initial

    def advance(self, progress, n_seen):
        """Set `rate` for what follows.

        Parameters
        ----------
        progress : float
            Share of `max_iter` that is behind, from 0 to 1.
        n_seen : int
            Number of training sequences seen so far, epoch by epoch.
        """

    def on_stall(self):
        """Answer a loss that no longer improves: whether to go on."""
        return False


class InvScaling(Constant):
    """Falls as a power of the number of sequences seen (37).

    Parameters
    ----------
    initial : float
    power_t : float
    """

    def __init__(self, initial, power_t):
        super().__init__(initial)
        self.initial = initial
        self.power_t = power_t

    def advance(self, progress, n_seen):
        self.rate = self.initial / (n_seen + 1) ** self.power_t


class Adaptive(Constant):
    """Falls by a factor of five each time that the loss no longer improves."""

    def on_stall(self):
        if self.rate <= SMALLEST_RATE:
            return False
        self.rate /= ADAPTIVE_FACTOR
        return True


class Cosine(Constant):
    """Falls to zero along half a cosine (38), Loshchilov and Hutter 2017."""

    def __init__(self, initial):
        super().__init__(initial)
        self.initial = initial

    def advance(self, progress, n_seen):
        self.rate = 0.5 * self.initial * (1 + math.cos(math.pi * progress))
