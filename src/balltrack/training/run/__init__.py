"""A training run whatever it trains: the loop, its folder, its end, its average, its processes."""
