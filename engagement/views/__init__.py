"""Pages of what residents made of posts: figures, and the reply desk."""
