"""Write pytorch_updates.npz: what PyTorch's nn.RNN makes of given weights.

Run in an environment that has PyTorch, from any folder. For each architecture the
file holds the parameters before any update and after one and three of them, by each
solver, as one vector in the order of `trainable`. Every gradient is clipped by its
norm, and `norms` holds the norms before that.
"""

from pathlib import Path

import numpy as np

LENGTHS = [3, 6, 1, 5, 3]
N_FEATURES, HIDDEN_SIZE, N_CLASSES = 2, 3, 4
THRESHOLD = 0.05
UPDATES = (1, 3)
CASES = {
    f"{activation}-{n_layers}-{'both' if bidirectional else 'one'}-{reads}": (
        activation,
        n_layers,
        bidirectional,
        reads,
    )
    for activation in ("tanh", "relu")
    for n_layers in (1, 2)
    for bidirectional in (False, True)
    for reads in ("last", "steps")
    if reads == "last" or (activation == "tanh" and n_layers == 2)
}


def main():
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy
    from torch.nn.utils import parameters_to_vector
    from torch.nn.utils.rnn import pack_padded_sequence

    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    lengths = torch.tensor(LENGTHS)
    rows = torch.randn(sum(LENGTHS), N_FEATURES)
    step_labels = torch.randint(N_CLASSES, (len(rows),))
    labels = torch.randint(N_CLASSES, (len(LENGTHS),))
    frozen = {
        "rows": rows.numpy(),
        "step_labels": step_labels.numpy(),
        "labels": labels.numpy(),
    }

    solvers = {
        "adam": lambda p: torch.optim.Adam(p, lr=0.01, eps=1e-8),
        "sgd": lambda p: torch.optim.SGD(p, lr=2.0),
        "nesterov": lambda p: torch.optim.SGD(p, lr=2.0, momentum=0.9, nesterov=True),
    }

    def make(activation, n_layers, bidirectional):
        rnn = nn.RNN(
            N_FEATURES,
            HIDDEN_SIZE,
            n_layers,
            nonlinearity=activation,
            bidirectional=bidirectional,
        )
        # A second bias would only double the first one's rate.
        for name, parameter in rnn.named_parameters():
            if name.startswith("bias_hh"):
                nn.init.zeros_(parameter)
                parameter.requires_grad_(False)
        return rnn, nn.Linear(HIDDEN_SIZE * (1 + bidirectional), N_CLASSES)

    def trainable(rnn, linear):
        parameters = [*rnn.parameters(), *linear.parameters()]
        return [parameter for parameter in parameters if parameter.requires_grad]

    def loss_of(rnn, linear, reads):
        padded = nn.utils.rnn.pad_sequence(rows.split(LENGTHS))
        packed = pack_padded_sequence(padded, lengths, enforce_sorted=False)
        states, final = rnn(packed)
        if reads == "last":
            n_directions = 1 + rnn.bidirectional
            return cross_entropy(linear(torch.cat([*final[-n_directions:]], 1)), labels)
        states, _ = nn.utils.rnn.pad_packed_sequence(states)
        states = [states[:n, i] for i, n in enumerate(LENGTHS)]
        return cross_entropy(linear(torch.cat(states)), step_labels)

    def clip(parameters):
        """Algorithm 1 of Pascanu et al.; PyTorch's own adds to the norm."""
        norm = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
        if norm >= THRESHOLD:
            for p in parameters:
                p.grad *= THRESHOLD / norm
        return norm.item()

    for case, (activation, n_layers, bidirectional, reads) in CASES.items():
        modules = make(activation, n_layers, bidirectional)
        parameters = trainable(*modules)
        start = parameters_to_vector(parameters).detach().clone()
        frozen[f"{case}/start"] = start.numpy()
        for name, make_solver in solvers.items():
            nn.utils.vector_to_parameters(start.clone(), parameters)
            solver, norms = make_solver(parameters), []
            for update in range(1, max(UPDATES) + 1):
                solver.zero_grad()
                loss_of(*modules, reads).backward()
                norms.append(clip(parameters))
                solver.step()
                if update in UPDATES:
                    now = parameters_to_vector(parameters).detach().clone()
                    frozen[f"{case}/{name}/{update}"] = now.numpy()
            frozen[f"{case}/{name}/norms"] = np.array(norms)

    path = Path(__file__).with_name("pytorch_updates.npz")
    np.savez_compressed(path, **frozen)


if __name__ == "__main__":
    main()
