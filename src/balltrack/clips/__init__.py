"""Rallies cut out of their video: clips, subtitles, timelines for editing programs."""
