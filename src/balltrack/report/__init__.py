"""What is known of a video's ball, on one page that needs nothing else."""
