"""The second look: what was taken for the ball is judged in the video's own pixels."""
