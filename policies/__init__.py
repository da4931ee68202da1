"""Learning in numpy: autodiff engine, SAC, replay, training loop, checkpoints. Knows no robots."""
