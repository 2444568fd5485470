"""The networks that find the ball: what they are shown, and where they are wrong."""
