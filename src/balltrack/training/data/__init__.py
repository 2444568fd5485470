"""Labelled clips, in memory and as a network sees them; labels for clips that have none."""
