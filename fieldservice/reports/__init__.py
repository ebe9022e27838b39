"""The service report of a visit: a sealed PDF in both languages, made by the worker, one revision after the other."""
