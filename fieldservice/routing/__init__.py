"""Routing: who goes where in which order and when that is; places, travel times and engines, of whole numbers alone."""
