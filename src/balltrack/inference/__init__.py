"""From frames to candidates: windows → network → heatmaps → merged → blobs."""

import os

# OpenMP's threads wait for each other by spinning, and every operation of a network is such a
# wait: with anything else on the cores, the decoding thread for one, they burn the time that
# the others need (7 times slower measured on two busy cores). Read once, when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
