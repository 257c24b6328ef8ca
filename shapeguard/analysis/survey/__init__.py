"""Which losses some files hold, what is run to meet them, and which are met by no run."""
