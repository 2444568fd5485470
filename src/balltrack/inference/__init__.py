"""From frames to candidates: windows → network → heatmaps → merged → blobs."""
