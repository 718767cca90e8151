"""Pages of review, of a post's life on its channels, and of the calendar."""
