"""Every limit that is a number, with its default; `downloads.limits` has the bounds of each."""

from config.dotenv import env

# --- Links, streams, shares, requests, messages --------------------------------------------------

DOWNLOAD_URL_SECONDS = env.int("DOWNLOAD_URL_SECONDS", default=24 * 60 * 60)
DELIVERY_WINDOW_SECONDS = env.int("DELIVERY_WINDOW_SECONDS", default=30 * 60)
DELIVERY_BYTES_PER_SECOND = env.int("DELIVERY_BYTES_PER_SECOND", default=50_000)
DELIVERY_BUDGET_SIZES = env.int("DELIVERY_BUDGET_SIZES", default=3)
GIVE_BACK_BYTES = env.int("GIVE_BACK_BYTES", default=64 * 1024)
GIVE_BACKS_PER_GRANT = env.int("GIVE_BACKS_PER_GRANT", default=3)
DELIVERY_RETENTION_DAYS = env.int("DELIVERY_RETENTION_DAYS", default=365)
LEDGER_RETENTION_DAYS = env.int("LEDGER_RETENTION_DAYS", default=365)
LEDGER_REFUSAL_SECONDS = env.int("LEDGER_REFUSAL_SECONDS", default=60)
STORAGE_SLOTS = env.int("STORAGE_SLOTS", default=24)
STORAGE_PATIENCE_SECONDS = env.int("STORAGE_PATIENCE_SECONDS", default=2)
STREAMS_PER_CLICK = env.int("STREAMS_PER_CLICK", default=16)
STREAMS_PER_VISITOR = env.int("STREAMS_PER_VISITOR", default=24)
STREAM_WAIT_SECONDS = env.int("STREAM_WAIT_SECONDS", default=10)
TOKEN_MISSES_PER_MINUTE = env.int("TOKEN_MISSES_PER_MINUTE", default=30)
KEY_REFUSALS_PER_MINUTE = env.int("KEY_REFUSALS_PER_MINUTE", default=60)
STOREFRONT_KEY_RATE_PER_MINUTE = env.int("STOREFRONT_KEY_RATE_PER_MINUTE", default=600)
SIGN_INS_PER_MINUTE = env.int("SIGN_INS_PER_MINUTE", default=60)
ACCOUNT_TRIES = env.int("ACCOUNT_TRIES", default=10)
ACCOUNT_TRIES_ANYWHERE = env.int("ACCOUNT_TRIES_ANYWHERE", default=100)
ACCOUNT_TRY_SECONDS = env.int("ACCOUNT_TRY_SECONDS", default=10)
CUSTOMER_TOKEN_DAYS = env.int("CUSTOMER_TOKEN_DAYS", default=30)
EXCHANGED_TOKEN_SECONDS = env.int("EXCHANGED_TOKEN_SECONDS", default=60 * 60)
KEY_GRACE_HOURS = env.int("KEY_GRACE_HOURS", default=24)
ACCOUNT_TICKET_HOURS = env.int("ACCOUNT_TICKET_HOURS", default=48)
UNCONFIRMED_ACCOUNT_DAYS = env.int("UNCONFIRMED_ACCOUNT_DAYS", default=30)
ENDED_TOKEN_DAYS = env.int("ENDED_TOKEN_DAYS", default=30)
ENDED_KEY_DAYS = env.int("ENDED_KEY_DAYS", default=365)
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=5_000_000_000)
KEPT_UPLOAD_HOURS = env.int("KEPT_UPLOAD_HOURS", default=24)
KEPT_UPLOADS_PER_PERSON = env.int("KEPT_UPLOADS_PER_PERSON", default=3)
BODY_MAX_BYTES = env.int("BODY_MAX_BYTES", default=3 * 1024 * 1024)
HEAD_SECONDS = env.int("HEAD_SECONDS", default=15)
BODY_SECONDS = env.int("BODY_SECONDS", default=30)
BODY_BYTES_PER_SECOND = env.int("BODY_BYTES_PER_SECOND", default=10_000)
STREAM_SEND_SECONDS = env.int("STREAM_SEND_SECONDS", default=30)
RETRY_AFTER_SECONDS = env.int("RETRY_AFTER_SECONDS", default=30)
WEBHOOK_MAX_BYTES = env.int("WEBHOOK_MAX_BYTES", default=2 * 1024 * 1024)
WEBHOOK_TOLERANCE_SECONDS = env.int("WEBHOOK_TOLERANCE_SECONDS", default=5 * 60)
MESSAGE_MAX_ATTEMPTS = env.int("MESSAGE_MAX_ATTEMPTS", default=8)
MESSAGE_RETRY_SECONDS = env.int("MESSAGE_RETRY_SECONDS", default=10)
ORDER_MAX_LINES = env.int("ORDER_MAX_LINES", default=1_000)
MESSAGE_SWEEP_SECONDS = env.int("MESSAGE_SWEEP_SECONDS", default=60)
MESSAGE_RETENTION_DAYS = env.int("MESSAGE_RETENTION_DAYS", default=30)
WORKER_SILENT_SECONDS = env.int("WORKER_SILENT_SECONDS", default=2 * 60)
PLATFORM_CONNECT_SECONDS = env.int("PLATFORM_CONNECT_SECONDS", default=10)
PLATFORM_READ_SECONDS = env.int("PLATFORM_READ_SECONDS", default=60)
PLATFORM_MAX_BYTES = env.int("PLATFORM_MAX_BYTES", default=64 * 1024 * 1024)
PLATFORM_MAX_ATTEMPTS = env.int("PLATFORM_MAX_ATTEMPTS", default=6)
PLATFORM_RETRY_SECONDS = env.int("PLATFORM_RETRY_SECONDS", default=2)

# --- What is deleted when ------------------------------------------------------------------------

TASK_RETENTION_DAYS = env.int("TASK_RETENTION_DAYS", default=1)
ADMIN_LOG_DAYS = env.int("ADMIN_LOG_DAYS", default=365)
INVITATION_RETENTION_DAYS = env.int("INVITATION_RETENTION_DAYS", default=90)
DATA_REQUEST_RETENTION_DAYS = env.int("DATA_REQUEST_RETENTION_DAYS", default=3 * 365)
ORPHAN_FILE_HOURS = env.int("ORPHAN_FILE_HOURS", default=48)
TIDY_BATCH_ROWS = env.int("TIDY_BATCH_ROWS", default=500)
TIDY_MAX_ROWS = env.int("TIDY_MAX_ROWS", default=100_000)
TIDY_MAX_SECONDS = env.int("TIDY_MAX_SECONDS", default=300)

# --- Logs ----------------------------------------------------------------------------------------

LOG_MAX_BYTES = env.int("LOG_MAX_BYTES", default=50_000_000)
LOG_KEPT_FILES = env.int("LOG_KEPT_FILES", default=5)
LOG_SAME_PER_MINUTE = env.int("LOG_SAME_PER_MINUTE", default=20)

# --- Mail ----------------------------------------------------------------------------------------

MAIL_ANSWER_SECONDS = env.int("MAIL_ANSWER_SECONDS", default=600)
MAIL_LEASE_SECONDS = env.int("MAIL_LEASE_SECONDS", default=300)
MAIL_RETRY_SECONDS = env.int("MAIL_RETRY_SECONDS", default=60)
MAIL_GIVE_UP_HOURS = env.int("MAIL_GIVE_UP_HOURS", default=72)
MAIL_ORDER_DAYS = env.int("MAIL_ORDER_DAYS", default=30)
MAIL_RETENTION_DAYS = env.int("MAIL_RETENTION_DAYS", default=90)
ASKED_MAILS_PER_HOUR = env.int("ASKED_MAILS_PER_HOUR", default=3)
ASKED_MAILS_PER_SHOP_HOUR = env.int("ASKED_MAILS_PER_SHOP_HOUR", default=600)
LINK_REQUESTS_PER_MINUTE = env.int("LINK_REQUESTS_PER_MINUTE", default=10)

# --- Staff ---------------------------------------------------------------------------------------

STAFF_TRIES = env.int("STAFF_TRIES", default=5)
STAFF_LOCK_SECONDS = env.int("STAFF_LOCK_SECONDS", default=15 * 60)
STAFF_TRIES_ANYWHERE = env.int("STAFF_TRIES_ANYWHERE", default=50)
STAFF_TRY_SECONDS = env.int("STAFF_TRY_SECONDS", default=5)
STAFF_DEVICE_DAYS = env.int("STAFF_DEVICE_DAYS", default=180)
STAFF_ALARM_SECONDS = env.int("STAFF_ALARM_SECONDS", default=60 * 60)
STAFF_SESSION_HOURS = env.int("STAFF_SESSION_HOURS", default=7 * 24)
STAFF_LINK_HOURS = env.int("STAFF_LINK_HOURS", default=24)
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)

# --- What face B reads ---------------------------------------------------------------------------

GRAPHQL_MAX_BODY_BYTES = env.int("GRAPHQL_MAX_BODY_BYTES", default=32 * 1024)
GRAPHQL_MAX_DOCUMENT_BYTES = env.int("GRAPHQL_MAX_DOCUMENT_BYTES", default=16 * 1024)
GRAPHQL_MAX_TOKENS = env.int("GRAPHQL_MAX_TOKENS", default=1_000)
GRAPHQL_MAX_DEPTH = env.int("GRAPHQL_MAX_DEPTH", default=8)
GRAPHQL_MAX_ROOT_FIELDS = env.int("GRAPHQL_MAX_ROOT_FIELDS", default=10)
GRAPHQL_MAX_ALIASES = env.int("GRAPHQL_MAX_ALIASES", default=15)
GRAPHQL_MAX_DIRECTIVES = env.int("GRAPHQL_MAX_DIRECTIVES", default=5)
GRAPHQL_MAX_NODES = env.int("GRAPHQL_MAX_NODES", default=500)
GRAPHQL_MAX_COMPARISONS = env.int("GRAPHQL_MAX_COMPARISONS", default=12_000)
