"""The customer's signature over exactly what was shown, or why there is none; agreed extra work."""
