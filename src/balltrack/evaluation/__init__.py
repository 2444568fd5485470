"""How good a track is: metrics, reports over clips, and figures of weights."""
