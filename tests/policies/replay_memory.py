"""How much memory a program takes when it runs again."""

import tracemalloc

from policies.engine import Program, Tensor


def run_once(loss: Tensor) -> Program:
    """Return the program of ``loss`` and its gradients, after its first run."""
    program = Program(loss)
    program.differentiate(loss)
    program.forward()
    program.backward()
    return program


def replay_peak(program: Program) -> int:
    """Return the most memory that another run takes at any moment [bytes]."""
    tracemalloc.start()
    program.forward()
    program.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
