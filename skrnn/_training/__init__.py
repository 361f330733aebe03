"""How a network is trained: batches, the loop, when to stop. No scikit-learn."""
