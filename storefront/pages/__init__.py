"""HTML pages for buyers and staff: orders, links, accounts, invitations."""
