"""The write door of buyers and staff: who they are, how they sign in, what is forgotten."""
