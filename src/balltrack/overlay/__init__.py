"""Drawing the track over pictures, and writing them as a video with its sound."""
