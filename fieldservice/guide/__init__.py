"""What a first hour at the desk needs: the tour, the first steps of an empty installation, the keyboard."""
