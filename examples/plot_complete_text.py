"""
Completing a text, character by character
=========================================

`RNNLanguageModel` reads plays of Shakespeare and learns which character comes next. It
then goes on where we stop: from the most likely characters to bold ones, and live, a
character at a time.

What one would try first counts: which characters followed the last few? That is hard to
beat in less than a minute: the example shows how near the network comes.

Where the plays cannot be had, both read the pages of Python's ``help()``.

A downloaded script needs :download:`_data.py </../examples/_data.py>` beside it.
"""

import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from _data import fetch_or_none, help_pages

from skrnn import RNNLanguageModel
from skrnn.datasets import fetch_tiny_shakespeare

# %%
# The text
# --------
# Its last tenth is held out.

plays = fetch_or_none(fetch_tiny_shakespeare, subset="all")
if plays is None:
    print("No tiny Shakespeare here: the pages of Python's help() in its place")
    text = "\n\n".join(help_pages())
    prefixes = ["The value of", 'The "', "If the"]
else:
    print("Tiny Shakespeare")
    [text] = plays.data
    prefixes = ["ROMEO:\n", "The king", "What is"]
n_train = len(text) * 9 // 10
train, test = text[:n_train], text[n_train:]
print(f"{len(train):,} characters to learn from, {len(test):,} held out")

# %%
# The network
# -----------
# One long document is cut into `batch_size` streams that are read side by side. There
# is an update after every `truncation_length` steps.

model = RNNLanguageModel(
    256,
    batch_size=32,
    truncation_length=20,
    learning_rate_init=0.006,
    max_iter=4,
    random_state=0,
)
begin = perf_counter()
model.fit([train])
seconds = perf_counter() - begin
ours = -model.score([test])

# %%
# The baseline
# ------------
# Counts of what followed the last characters, up to five of them. What a longer context
# says is mixed with what the next shorter one does; the shorter one weighs as much as
# there are different characters that followed (Witten and Bell). Without any context
# all characters are alike, known or not.


class CharacterCounts:
    """Probabilities of the next character by what followed the last `order` ones."""

    def __init__(self, order):
        self.order = order

    def fit(self, text):
        """Count what follows each context in the text."""
        self.n_characters_ = len(set(text)) + 1
        self.counts_, self.totals_, self.n_different_ = Counter(), Counter(), Counter()
        for n in range(self.order + 1):
            self.counts_.update(text[i : i + n + 1] for i in range(len(text) - n))
        for gram, count in self.counts_.items():
            self.totals_[gram[:-1]] += count
            self.n_different_[gram[:-1]] += 1
        return self

    def probability(self, character, context):
        """Probability of a character after a context, by order: no context first."""
        p = [1 / self.n_characters_]
        for n in range(min(self.order, len(context)) + 1):
            end = context[len(context) - n :]
            n_different = self.n_different_[end]
            if n_different == 0:
                break
            count = self.counts_[end + character]
            p.append((count + n_different * p[-1]) / (self.totals_[end] + n_different))
        return p[1:] + [p[-1]] * (self.order + 2 - len(p))

    def nats(self, text):
        """Nats a character of the text, by order."""
        p = [
            self.probability(text[i], text[max(0, i - self.order) : i])
            for i in range(len(text))
        ]
        return -np.log(p).mean(axis=0)


begin = perf_counter()
counts = CharacterCounts(order=5).fit(train)
by_order = counts.nats(test)
best = by_order.argmin()
print("Nats a character on what is held out (less is better):")
print(f"recurrent network     {ours:.3f}  learned in {seconds:.0f} s")
print(
    f"counts after {best} chars  {by_order[best]:.3f}  "
    f"counted and tested in {perf_counter() - begin:.0f} s"
)

# %%
# Completions
# -----------
# A low temperature keeps to what is likely, one of 1 draws as the model believes.

for temperature in (0, 0.5, 1):
    print(f"\n-- temperature {temperature}")
    for completed in model.complete(
        prefixes, 80, temperature=temperature, random_state=0
    ):
        print(repr(completed))

print("\n-- live, temperature 0.7")
print(prefixes[0], end="")
for character in model.stream(prefixes[0], 200, temperature=0.7, random_state=1):
    sys.stdout.write(character)
    sys.stdout.flush()
print()

# %%
# What may come next
# ------------------
# Left, the counts with ever longer contexts. Right, a line of the held-out part: above
# each of its characters those that the network took for the most likely ones before it
# read that character, the most likely at the bottom; a frame where that is what came.

line = next(found for found in test.splitlines()[1:] if 28 <= len(found) <= 36)
start = test.index(line)
p = model.predict_proba([test[: start + i] for i in range(len(line))])
likely = np.argsort(-p, axis=1)[:, :5]

figure, (left, right) = plt.subplots(
    1, 2, figsize=(14, 4.2), layout="constrained", width_ratios=[1, 2.6]
)
left.plot(by_order, "D-", color="#d55e00", label="counts")
left.axhline(ours, color="#0072b2", label="recurrent network")
left.set(
    title="Nats a character, held out",
    xlabel="characters that the counts look back",
    ylim=(0, None),
)
left.legend(frameon=False)

shown = np.take_along_axis(p, likely, axis=1).T
heat = right.imshow(shown, cmap="Blues", vmin=0, vmax=1, aspect="auto", origin="lower")
for (rank, i), probability in np.ndenumerate(shown):
    character = str(model.tokens_[likely[i, rank]])
    color = "white" if probability > 0.5 else "black"
    name = {" ": "␣", "\n": "↵"}.get(character, character)
    right.text(i, rank, name, ha="center", va="center", color=color)
    if character == line[i]:
        frame = plt.Rectangle((i - 0.48, rank - 0.48), 0.96, 0.96, fill=False)
        right.add_patch(frame)
        frame.set(edgecolor="#d55e00", linewidth=2)
right.set_xticks(range(len(line)), line.replace(" ", "␣"))
right.set_yticks(range(5), range(1, 6))
right.set(title="What the network expects", xlabel="what came", ylabel="rank")
figure.colorbar(heat, ax=right, label="probability")

picture = Path("output") / "complete_text.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=110)
print(f"The picture is in {picture}.")
