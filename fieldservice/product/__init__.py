"""Pages about the product itself: the technician app's shell and worker, health, OpenAPI, sample data."""
