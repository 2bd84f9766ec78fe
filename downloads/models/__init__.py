"""Models of the domain."""

from downloads.models.accounts import Account
from downloads.models.attachment_tables import AttachmentTable, AttachmentTableRow
from downloads.models.attachments import Attachment, AttachmentRule
from downloads.models.audit import AuditEntry
from downloads.models.catalog import Asset, KeptUpload, Product
from downloads.models.customers import Customer, Reader
from downloads.models.deliveries import Delivery
from downloads.models.desk import StaffNote
from downloads.models.facts import Dispute, Refund, RefundedLine, RemovedProduct, RiskAssessment
from downloads.models.figures import (
    AssetFigures,
    BuyerFigures,
    CountedDay,
    DailyFigures,
    FigureClock,
    FirstSteps,
)
from downloads.models.grants import Grant
from downloads.models.heartbeats import Heartbeat
from downloads.models.inbox import Message
from downloads.models.ledger import DownloadEvent
from downloads.models.lines import LineItem
from downloads.models.mail import LinkRequest, Mail
from downloads.models.orders import Order
from downloads.models.privacy import DataRequest
from downloads.models.shops import Plan, Shop
from downloads.models.staff import Invitation, Membership, Role
from downloads.models.statuses import StatusMeaning

__all__ = [
    "Account",
    "Asset",
    "AssetFigures",
    "Attachment",
    "AttachmentRule",
    "AttachmentTable",
    "AttachmentTableRow",
    "AuditEntry",
    "BuyerFigures",
    "CountedDay",
    "Customer",
    "DailyFigures",
    "DataRequest",
    "Delivery",
    "Dispute",
    "DownloadEvent",
    "FigureClock",
    "FirstSteps",
    "Grant",
    "Heartbeat",
    "Invitation",
    "KeptUpload",
    "LineItem",
    "LinkRequest",
    "Mail",
    "Membership",
    "Message",
    "Order",
    "Plan",
    "Product",
    "Reader",
    "Refund",
    "RefundedLine",
    "RemovedProduct",
    "RiskAssessment",
    "Role",
    "Shop",
    "StaffNote",
    "StatusMeaning",
]
