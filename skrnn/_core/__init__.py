"""The recurrent network itself: NumPy and SciPy only, nothing of scikit-learn."""
