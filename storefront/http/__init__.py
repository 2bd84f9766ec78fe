"""HTTP shared by all views: errors, rate limits, client IP, CORS, body limits, middleware."""
