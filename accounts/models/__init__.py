from accounts.models.ministry import (
    BreakGlassAccount,
    ClaimMapping,
    MinistryIdentity,
    MinistryRequest,
)
from accounts.models.notices import Notice
from accounts.models.people import (
    Appointment,
    Authority,
    Decision,
    Delegation,
    Invitation,
    PendingAppointment,
    PeopleImport,
    User,
    Waiver,
)
from accounts.models.sign_in import FactorDate, FactorReset, Session
from accounts.models.system import ChangeKind, SystemChange

__all__ = [
    "Appointment",
    "Authority",
    "BreakGlassAccount",
    "ChangeKind",
    "ClaimMapping",
    "Decision",
    "Delegation",
    "FactorDate",
    "FactorReset",
    "Invitation",
    "MinistryIdentity",
    "MinistryRequest",
    "Notice",
    "PendingAppointment",
    "PeopleImport",
    "Session",
    "SystemChange",
    "User",
    "Waiver",
]
