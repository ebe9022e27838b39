"""What is done on a visit beside its steps: checklist answers, photos, charges, incidents, closing."""
