"""How the threads of libraries that compute get on with each other."""

from __future__ import annotations

import os


def let_threads_sleep() -> None:
    """OpenMP's threads wait for each other asleep, and OpenBLAS computes in the thread that asks.

    Both are read once, when torch and NumPy load. OpenMP's threads spin by default, and every
    operation of a network is such a wait: with anything else on the cores, the decoding thread for
    one, they burn the time that the others need (7 times slower measured on two busy cores).
    NumPy's products are small here: two threads take 20 times the CPU time of one for InpaintNet's.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
