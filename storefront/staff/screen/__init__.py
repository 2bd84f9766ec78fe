"""What stands around each page of the admin: side bar, language, time zone."""
