"""Dispatch 派工: the day as a list, assigning, moving and cancelling, and the stream that keeps open pages fresh."""
