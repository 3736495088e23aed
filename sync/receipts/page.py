"""A receipt as one page for people, in HTML: no script, nothing from elsewhere, fit for A4.

It says what the receipt's evidence says, in words. The receipt itself is the JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sync.deletions.observations import (
    Checked,
    CustomerFound,
    CustomerGone,
    DeleteAnswered,
    MembershipEnded,
    SaidBy,
)
from sync.deletions.states import State
from sync.receipt_keys import ExtraMissing
from sync.receipts.document import Json

if TYPE_CHECKING:
    from jinja2 import Template

GOOD, PLAIN, BAD = "good", "plain", "bad"

STATES: Mapping[State, tuple[str, str]] = {
    State.VERIFIED: (GOOD, "All of it is gone, each part with proof."),
    State.NO_CUSTOMER: (PLAIN, "Polar has nobody under the user's id: nothing was to be deleted."),
    State.SUPERSEDED: (PLAIN, "Nothing was deleted: the customer there is newer than the event."),
    State.CANCELED: (PLAIN, "Canceled in time: the customer was left alone."),
    State.RECEIVED: (BAD, "Not finished: Polar has not been asked yet."),
    State.RESOLVED: (BAD, "Not finished: the DELETE has not been sent yet."),
    State.DELETING: (BAD, "Not finished: Polar's answer to the DELETE is not known yet."),
    State.DELETED: (BAD, "Not finished: the customer is gone, proof of the rest is coming in."),
    State.HELD: (BAD, "Not finished: it is held until a person has decided."),
    State.UNMAPPED: (BAD, "Not finished: who the user is at Polar is not known."),
    State.BLOCKED: (BAD, "Not finished: Polar refuses what the bridge asks."),
    State.INCOMPLETE: (BAD, "Not complete: the customer is gone, but not all that was theirs."),
    State.ANOTHER_DELETED: (BAD, "A customer other than the user's was deleted."),
}

SAID: Mapping[str, str] = {
    "event.received": "The app says that the user is gone",
    "event.joined": "The app says so again, as of a later time",
    "event.repeated": "The app's event comes once more",
    "orphan.found": "An audit finds the customer, and no such user among the app's",
    "identity.unmapped": "Who the user is at Polar is not known",
    "identity.mapped": "A person says who the user is at Polar",
    "customer.found": "Polar shows the customer, who is pinned",
    "customer.missing": "Polar has nobody under the user's id",
    "customer.none": "There is no customer to delete, only memberships",
    "customer.gone": "Polar says that the customer is gone",
    "team.found": "The customer is a team with other people in it",
    "team.handed_over": "The team has been handed over, and stays",
    "subscribed.anew": "The customer has subscribed anew since",
    "membership.found": "Polar shows one more membership of the user",
    "membership.delete.sent": "DELETE of the member sent to Polar",
    "membership.ended": "The membership has ended",
    "membership.stuck": "The membership cannot be ended by a request",
    "brake.tripped": "There are more deletions than are allowed at once",
    "scrub.begun": "The members' names and e-mails are about to be overwritten",
    "members.scrubbed": "Polar has taken over names and e-mails that say nothing",
    "delete.sent": "DELETE of the customer sent to Polar",
    "delete.answered": "Polar answers that it has deleted the customer",
    "request.failed": "A request to Polar brings no answer that can be used",
    "checked": "All that was the user's is checked",
    "subscription.gone": "Polar has the subscription no more",
    "survivors.revoked": "Subscriptions that survived are ended by request",
    "another.deleted": "Another customer under the same external id is deleted",
    "retried": "Another try is asked for",
    "approved": "It is approved, and goes on",
    "canceled": "It is canceled",
    "restored.too_late": "The app says that the user is back, too late",
    "forgotten": "The bridge forgets the user's id and all that is personal",
}
"""Of each kind of evidence but the webhooks', what it says."""

_SOURCES: Mapping[str, str] = {
    "app": "the app",
    "audit": "an audit",
    "webhook": "Polar's webhooks",
    "api": "Polar's API",
    "worker": "the bridge",
    "operator": "an operator",
}
_WEBHOOK = "webhook."


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done or said."""

    at: datetime
    what: str
    who: str
    notes: Sequence[str]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was there, or has become of what was."""

    what: str
    id: str
    state: str
    proof: Sequence[str] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A receipt's links, by what is looked for."""

    links: Sequence[Json]
    by_kind: dict[str, list[Json]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for link in self.links:
            self.by_kind.setdefault(link["kind"], []).append(link)

    def last(self, kind: str) -> Json | None:
        return self.by_kind.get(kind, [None])[-1]

    def webhooks(self, about: str, id_: str) -> list[Json]:
        """Signed webhooks about it, the oldest first."""
        return [
            it
            for it in self.links
            if it["kind"].startswith(f"{_WEBHOOK}{about}.") and it["detail"].get("id") == id_
        ]


def page(receipt: Json, public_url: str | None) -> str:
    """The page.

    Args:
        receipt: as JSON, signed or not.
        public_url: where the bridge's public keys can be had, if it is known.

    Raises:
        ExtraMissing
    """
    evidence = _Evidence(receipt["evidence"])
    tone, verdict = STATES[State(receipt["state"])]
    return _template().render(
        receipt=receipt,
        by_audit=receipt["said_by"] == SaidBy.AUDIT,
        first=receipt["evidence"][0],
        last=receipt["evidence"][-1],
        tone=tone if receipt["chain_unbroken"] else BAD,
        verdict=verdict,
        there=list(_there(receipt, evidence)),
        steps=list(_steps(evidence)),
        proved=list(_proved(receipt, evidence)),
        not_covered=[f"{it.rstrip('.')}." for it in receipt["not_covered"].split(". ")],
        kid=_kid(receipt),
        public_url=public_url,
    )


def _there(receipt: Json, evidence: _Evidence) -> Iterator[Thing]:
    found = evidence.last(CustomerFound.evidence)
    if receipt["polar_customer_id"]:
        since = found and found["detail"].get("customer_created_at")
        yield Thing(
            "customer", receipt["polar_customer_id"], f"since {_day(since)}" if since else ""
        )
    detail = found["detail"] if found else {}
    for it in detail.get("subscriptions", ()):
        yield Thing("subscription", it["id"], it["status"])
    for id_ in detail.get("benefit_grants", ()):
        yield Thing("benefit", id_, "granted")
    for it in receipt["memberships"]:
        yield Thing("member", it["member_id"], f"under customer {it['customer_id']}")


def _steps(evidence: _Evidence) -> Iterator[Step]:
    """What is no webhook, in order; the same thing several times in a row is one."""
    before: Step | None = None
    for link in evidence.links:
        if link["kind"].startswith(_WEBHOOK):
            continue
        step = Step(
            at=datetime.fromisoformat(link["at"]),
            what=SAID.get(link["kind"], link["kind"]),
            who=_SOURCES.get(link["source"], link["source"]),
            notes=list(_notes(link)),
        )
        if before and (before.what, before.who, before.notes) == (step.what, step.who, step.notes):
            before = Step(before.at, step.what, step.who, step.notes, before.times + 1)
            continue
        if before:
            yield before
        before = step
    if before:
        yield before


def _proved(receipt: Json, evidence: _Evidence) -> Iterator[Thing]:
    customer = receipt["polar_customer_id"]
    if customer and receipt["customer_deleted_at"]:
        answers = [evidence.last(kind) for kind in (DeleteAnswered.evidence, CustomerGone.evidence)]
        proof = [_by(it) for it in answers if it]
        proof += [
            _by(it)
            for it in evidence.webhooks("customer", customer)
            if it["kind"] == "webhook.customer.deleted"
        ]
        yield Thing("customer", customer, "deleted", proof)
    checked = evidence.last(Checked.evidence)
    if checked:
        for about, name in (("subscription", "subscriptions"), ("benefit_grant", "benefit_grants")):
            for it in checked["detail"].get(name, ()):
                yield _consequence(about, it, checked, evidence)
    ended = {
        it["detail"].get("member_id"): it
        for it in evidence.by_kind.get(MembershipEnded.evidence, ())
    }
    for it in receipt["memberships"]:
        id_ = it["member_id"]
        if it["kept"]:
            yield Thing("member", id_, "kept: not the user's at that time")
        elif it["ended_at"] is None:
            yield Thing("member", id_, "has not ended", is_open=True)
        else:
            yield Thing("member", id_, "ended", [_by(ended[id_])] if id_ in ended else ())
    for it in receipt["paid_seats"]:
        yield Thing("seat", it["subscription_id"], "stays paid for", is_open=True)
    if receipt["personal_data_forgotten_at"]:
        proof = [f"the bridge, {_time(receipt['personal_data_forgotten_at'])}"]
        yield Thing("user", "", "forgotten", proof)


def _consequence(about: str, it: Json, checked: Json, evidence: _Evidence) -> Thing:
    """What has become of a subscription or a benefit at the last check, and who says so."""
    if about == "subscription":
        what, is_open = about, not it["ended"]
        state = it["status"] if it["ended"] else f"{it['status']}: has not ended"
    else:
        what, is_open = "benefit", it["is_granted"]
        state = "still granted" if is_open else "revoked"
    told = evidence.webhooks(about, it["id"])
    revoked = [link for link in told if link["kind"].endswith(".revoked")]
    if is_open or checked["detail"].get("by") == "api" or not told:
        by = "api" if checked["detail"].get("by") == "api" else "webhook"
        proof = f"{_SOURCES[by]}, {_time(checked['at'])}"
    else:
        proof = _by((revoked or told)[-1])
    return Thing(what, it["id"], state, [proof], is_open)


def _by(link: Json) -> str:
    """Who says so, and when."""
    who = _SOURCES.get(link["source"], link["source"])
    if link["kind"].startswith(_WEBHOOK):
        who = f"webhook {link['kind'].removeprefix(_WEBHOOK)}"
    elif answer := link["detail"].get("answer"):
        who = f"Polar's answer {answer}"
    return f"{who}, {_time(link['at'])}"


def _kid(receipt: Json) -> str | None:
    """Of the key that the receipt says it is signed with."""
    if "signature" not in receipt:
        return None
    from sync.receipts.signing import header_of

    return str(header_of(receipt["signature"])["kid"])


def _notes(link: Json) -> Iterator[str]:
    """What is worth telling of a step beside its kind."""
    detail = link["detail"]
    if "by" in detail and link["kind"] != Checked.evidence:
        yield f"by {str(detail['by']).replace('_', ' ')}"
    if "anonymize" in detail:
        yield "anonymized" if detail["anonymize"] else "not anonymized"
    for name in ("answer", "reason", "problem"):
        if name in detail:
            yield str(detail[name]).replace("`", "")


def _time(text: str | datetime) -> str:
    at = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M:%S}"


def _day(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%-d %b %Y}"


def _printable(value: Any) -> Any:
    """A text of Polar's must not turn the page's writing around."""
    if type(value) is not str or value.isprintable():
        return value
    return "".join(it if it.isprintable() or it.isspace() else "\ufffd" for it in value)


@cache
def _template() -> Template:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise ExtraMissing("a receipt as a page") from None
    environment = Environment(
        loader=PackageLoader("sync.receipts", "."),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["time"] = _time
    return environment.get_template("page.html")
