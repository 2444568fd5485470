"""A court's plane: from pixels to metres, where the ball touches the ground."""
