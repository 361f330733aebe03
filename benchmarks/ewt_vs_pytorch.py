"""Time of a whole fit on the English Web Treebank, ours and a PyTorch loop, in turn.

Both: the features of `ewt.py` as ids whose 64-wide embeddings add up, 128 units both
ways, batches of 32 sentences of similar length, Adam, norm clipping at 1, float32.
PyTorch gets packed sequences, `nn.EmbeddingBag` for the sums, and its ids as tensors
before the clock starts.
"""

import argparse
from time import perf_counter

import numpy as np
from ewt import features, load
from settings import EWT
from threadpoolctl import threadpool_limits

from skrnn import RNNTagger
from skrnn.preprocessing import TokenEncoder

N_EPOCHS, BATCH_SIZE = 2, 32


def encoded():
    """Ids and tags of the training and the development part."""
    X, y = load("train")
    encoder = TokenEncoder(analyzer=features, min_df=2)
    X = encoder.fit_transform(X)
    X_dev, y_dev = load("dev")
    return X, y, encoder.transform(X_dev), y_dev


def fit_ours(X, y, X_dev, y_dev, seed):
    """Seconds of the fit, and the accuracy on the development part."""
    params = {**EWT, "max_iter": N_EPOCHS, "learning_rate": "constant"}
    model = RNNTagger(**params, alpha=0, batch_size=BATCH_SIZE, random_state=seed)
    begin = perf_counter()
    model.fit(X, y)
    return perf_counter() - begin, model.score(X_dev, y_dev)


def make_net(torch, n_tokens, n_tags):
    """Embedding, recurrence and read-out."""
    E = torch.nn.EmbeddingBag(n_tokens, EWT["embedding_size"], mode="sum", sparse=False)
    torch.nn.init.normal_(E.weight, std=EWT["embedding_size"] ** -0.5)
    rnn = torch.nn.RNN(EWT["embedding_size"], EWT["hidden_size"], bidirectional=True)
    return E, rnn, torch.nn.Linear(2 * EWT["hidden_size"], n_tags)


def batches_of_similar_length(torch, lengths):
    """Sentences drawn at random, sorted by length in groups, cut into batches."""
    order = torch.randperm(len(lengths))
    for bucket in order.split(32 * BATCH_SIZE):
        yield from bucket[lengths[bucket].argsort()].split(BATCH_SIZE)


def scores_of(torch, net, sentences):
    """Scores of all tokens of a batch, in packed order, and the packing."""
    E, rnn, head = net
    packed = torch.nn.utils.rnn.pack_sequence(sentences, enforce_sorted=False)
    states, _ = rnn(packed._replace(data=E(packed.data)))
    return head(states.data), packed


def fit_pytorch(torch, X, y, X_dev, y_dev, seed):
    """Seconds of the fit, and the accuracy on the development part."""
    torch.manual_seed(seed)
    tags = sorted({tag for sentence in y for tag in sentence})
    code = {tag: i for i, tag in enumerate(tags)}
    net = make_net(torch, max(x.max() for x in X) + 1, len(tags))
    parameters = [p for module in net for p in module.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=EWT["learning_rate_init"])
    pack = torch.nn.utils.rnn.pack_sequence
    X = [torch.from_numpy(x.astype(np.int64)) for x in X]
    Y = [torch.tensor([code[tag] for tag in sentence]) for sentence in y]
    lengths = torch.tensor([len(x) for x in X])
    begin = perf_counter()
    for _ in range(N_EPOCHS):
        for batch in batches_of_similar_length(torch, lengths):
            scores, _ = scores_of(torch, net, [X[i] for i in batch])
            target = pack([Y[i] for i in batch], enforce_sorted=False).data
            loss = torch.nn.functional.cross_entropy(scores, target)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
    seconds = perf_counter() - begin
    with torch.no_grad():
        right = 0
        for x, sentence in zip(X_dev, y_dev):
            scores, _ = scores_of(torch, net, [torch.from_numpy(x.astype(np.int64))])
            predicted = [tags[i] for i in scores.argmax(dim=1)]
            right += sum(map(str.__eq__, predicted, sentence))
    return seconds, right / sum(len(x) for x in X_dev)


def compare(torch, parts, n_threads, n_runs):
    """Print the ratio of the times, run by run in turn."""
    torch.set_num_threads(n_threads)
    with threadpool_limits(n_threads):
        runs = [
            (*fit_ours(*parts, seed), *fit_pytorch(torch, *parts, seed))
            for seed in range(n_runs)
        ]
    ours, accuracy, theirs, their_accuracy = np.array(runs).T
    ratio = theirs / ours
    print(
        f"  {n_threads} thread(s): PyTorch / ours {np.median(ratio):.2f}  (from "
        f"{ratio.min():.2f} to {ratio.max():.2f} in {n_runs} runs; medians "
        f"{np.median(theirs):.1f} s and {np.median(ours):.1f} s; accuracy after "
        f"{N_EPOCHS} epochs {their_accuracy.mean():.3f} and {accuracy.mean():.3f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("PyTorch is absent: there is nothing to compare with.")
        return
    print(f"English Web Treebank, whole fits, PyTorch {torch.__version__}")
    parts = encoded()
    for n_threads in (1, 2):
        compare(torch, parts, n_threads, arguments.runs)


if __name__ == "__main__":
    main()
