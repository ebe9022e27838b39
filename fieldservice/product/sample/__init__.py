"""Sample data: a head office and a store with ten people, their customers, and thirty jobs around now.

Everything goes through the same actions as real work, so it stands in the log like real work. Started on a later
day it adds that day's jobs. All names, numbers and places are made up.
"""
