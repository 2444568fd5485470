"""How long the whole job takes, from a video file to a label file, stage by stage."""
