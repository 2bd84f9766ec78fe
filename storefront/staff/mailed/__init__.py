"""What staff get by mail to come in: links to choose a password, and the page that asks for one."""
