"""BLAS uses one thread where that is faster, and as many as before afterwards."""

import numpy as np
import pytest
from joblib import Parallel, cpu_count, delayed
from threadpoolctl import threadpool_info, threadpool_limits

from skrnn import RNNClassifier
from skrnn._core.network import Network
from skrnn._threads import MOST_SHARDS, blas_threads_for, n_shards_for
from skrnn._training.prediction import predict_outputs

SMALL, LARGE = (32, 64), (64, 512)


def n_threads():
    return {
        library["num_threads"]
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if n_threads() != {2}:
            pytest.skip("this BLAS can't be told to use two threads")
        yield


def test_small_products_are_not_shared():
    with blas_threads_for(*SMALL):
        assert n_threads() == {1}
        with blas_threads_for(*SMALL):
            assert n_threads() == {1}
        assert n_threads() == {1}
    assert n_threads() == {2}
    with blas_threads_for(*LARGE):
        assert n_threads() == {2}


def test_threads_are_given_back_after_an_error():
    with pytest.raises(KeyError), blas_threads_for(*SMALL):
        raise KeyError
    assert n_threads() == {2}


@pytest.mark.parametrize(
    ("hidden_size", "n_shards"), [(8, 1), (512, 2)], ids=["small", "in shards"]
)
def test_a_fit_and_a_prediction(hidden_size, n_shards, monkeypatch):
    """BLAS uses one thread, and Python as many as BLAS might."""
    seen, n_jobs_seen = [], []

    class Watch:
        def setup(self, estimator, context):
            pass

        teardown = on_fit_task_begin = setup

        def on_fit_task_end(self, estimator, context):
            seen.append(n_threads())

    X = np.random.default_rng(0).normal(size=(40, 2, 3))
    model = RNNClassifier(
        hidden_size, max_iter=2, n_iter_no_change=np.inf, random_state=0
    ).set_callbacks(Watch())
    model.fit(X, np.arange(40) % 2)
    assert seen[:2] == [{1}] * 2
    assert n_threads() == {2}
    states = Network.states

    def watching(*args):
        seen.append(n_threads())
        return states(*args)

    def predict_watched(architecture, theta, X, n_jobs, **options):
        n_jobs_seen.append(n_jobs)
        return predict_outputs(architecture, theta, X, n_jobs, **options)

    monkeypatch.setattr(Network, "states", watching)
    monkeypatch.setattr("skrnn._base.predict_outputs", predict_watched)
    for n_jobs in (None, 1, 2):
        model.set_params(n_jobs=n_jobs).predict(X)
        assert seen[-1] == {1}
        assert n_threads() == {2}
    assert n_jobs_seen == [n_shards, 1, 2]


def test_as_many_shards_as_blas_threads():
    assert n_shards_for(*SMALL) == 1
    assert n_shards_for(*LARGE) == 2
    with threadpool_limits(1, user_api="blas"):
        assert n_shards_for(*LARGE) == 1
    assert n_shards_for(10**6, 512) <= MOST_SHARDS


def test_jobs_share_the_cores(monkeypatch):
    """joblib's workers limit BLAS, as in GridSearchCV(n_jobs=2), and so the shards."""
    # What is set here, joblib leaves to its workers.
    for library in ("OPENBLAS", "OMP", "MKL"):
        monkeypatch.delenv(f"{library}_NUM_THREADS", raising=False)
    shards = Parallel(n_jobs=2)(delayed(n_shards_for)(*LARGE) for _ in range(4))
    assert max(shards) <= max(1, cpu_count() // 2)
