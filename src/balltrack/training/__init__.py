"""From labelled clips to weights: a room for each kind of training, one for the run they share."""
