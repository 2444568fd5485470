"""Formats of annotation tools and trackers of other kinds, one file each."""
