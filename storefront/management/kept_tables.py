"""Tables that keep their rows, each with the reason. All others have a retention."""

_SOLD = "what buyers have bought, until they are erased or the merchant deletes it"
_FACT = "a fact about an order that decides who may download; the newest report replaces it"
_MADE = "made by hand, and deleted by hand"
_FIGURES = "as many as there are days, so that figures outlast what they count"
_RIGHTS = "as many as there are people and rights"
# Each table that keeps its rows, with the reason.
KEPT = {
    "downloads.Plan": _MADE,
    "downloads.Shop": _MADE,
    "downloads.Customer": _SOLD,
    "downloads.Order": _SOLD,
    "downloads.LineItem": _SOLD,
    "downloads.Grant": _SOLD,
    "downloads.Product": "what the shop sells, or has sold",
    "downloads.Asset": _MADE,
    "downloads.Attachment": _MADE,
    "downloads.AttachmentRule": _MADE,
    "downloads.Refund": _FACT,
    "downloads.RefundedLine": _FACT,
    "downloads.Dispute": _FACT,
    "downloads.RiskAssessment": _FACT,
    "downloads.RemovedProduct": "keeps a deleted product from coming back by an old report",
    "downloads.AuditEntry": "the audit trail is only ever added to",
    "downloads.StatusMeaning": _MADE,
    "downloads.StaffNote": "notes of staff about an order, until it is deleted or its buyer erased",
    "downloads.Membership": _MADE,
    "downloads.FigureClock": "one row",
    "downloads.CountedDay": _FIGURES,
    "downloads.DailyFigures": _FIGURES,
    "downloads.AssetFigures": _FIGURES,
    "downloads.BuyerFigures": "ten for each shop; new ones replace them",
    "downloads.FirstSteps": "one for each shop",
    "storefront.Backfill": "as many as a merchant gave a file to past orders",
    "storefront.PlatformAccess": "one for each shop and platform",
    "storefront.SecondFactor": "one for each person",
    "storefront.StaffLanguage": "one for each person",
    "storefront.RecoveryCode": "ten for each person; new ones replace them",
    "auth.User": _MADE,
    "auth.Group": _MADE,
    "auth.Permission": _RIGHTS,
    "auth.Group_permissions": _RIGHTS,
    "auth.User_groups": _RIGHTS,
    "auth.User_user_permissions": _RIGHTS,
    "contenttypes.ContentType": "as many as there are tables",
}
