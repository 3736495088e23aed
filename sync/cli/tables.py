"""Reports as tables for people, from the plain dicts that `--json` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sync.deletions.states import NEEDS_A_PERSON, State

if TYPE_CHECKING:
    from sync.migrations.moving import Moved
    from sync.reconcile.users_report import Found, UsersReport

_DIGEST_SHOWN = 16
"""Characters of a digest that are printed."""
_OUTCOME_STYLES = {"pass": "green", "warn": "yellow", "fail": "bold red"}


def print_status(console: Console, report: Mapping[str, Any]) -> None:
    """The report of `status`."""
    if paused := report["paused"]:
        why = f": {paused['why']}" if paused["why"] else ""
        since = _when(paused["since"])
        console.print(_cell(f"paused since {since}{why}; `polar-sync resume` goes on"))
    if jump := report["clock_jump"]:
        way = "back" if jump["by_seconds"] < 0 else "forward"
        by = timedelta(seconds=abs(jump["by_seconds"]))
        console.print(
            f"the clock jumped {way} by {by}, to {_when(jump['at'])}: make sure it is right"
        )
    states = _table("deletions", "number", "action needed")
    for state, count in report["states"].items():
        if count:
            states.add_row(_state(state), _cell(count), _cell(State(state).about.asks))
    console.print(states if states.row_count else "no deletions yet")
    if oldest := report["oldest_waiting"]:
        why = f": {oldest['reason']}" if oldest["reason"] else ""
        console.print(
            _cell(
                f"oldest under way: deletion {oldest['id']}, {oldest['state']},"
                f" received {_when(oldest['received_at'])}{why}"
            )
        )
    inbox = report["inbox"]
    since = f", since {_when(inbox['oldest_pending_at'])}" if inbox["pending"] else ""
    console.print(f"inbox: {inbox['pending']} waiting{since}")
    needed = report["need_person"]
    if needed["total"]:
        console.print()
        listed = _table("deletion", "state", "user", "deleted (UTC)", "reason")
        for row in needed["deletions"]:
            listed.add_row(
                _cell(row["id"]),
                _state(row["state"]),
                _cell(_user(row)),
                _cell(_when(row["event_at"])),
                _cell(row["reason"]),
            )
        console.print(listed)
        _print_rest(console, needed["total"] - len(needed["deletions"]))
    _print_paid_seats(console, report["paid_seats"])
    near = _table("ignored events of type", "number", "newest (UTC)", "did you mean")
    for row in report["near_misses"]:
        near.add_row(
            _cell(row["event_type"]),
            _cell(row["count"]),
            _cell(_when(row["newest_at"])),
            _cell(row["did_you_mean"]),
        )
    if near.row_count:
        console.print()
        console.print(near)
        console.print(
            "Have the app send what is meant, or set EVENT_TYPE_DELETED, EVENT_TYPE_RESTORED,"
            " EVENT_TYPE_UPDATED, EVENT_TYPE_CREATED."
        )
    _print_possibly_lost(console, report["possibly_lost"])
    dead = report["dead_letters"]
    if dead["total"]:
        console.print()
        letters = _table("dead letter", "from", "type", "received (UTC)", "error")
        for row in dead["newest"]:
            letters.add_row(
                *(_cell(row[name]) for name in ("id", "source", "event_type")),
                _cell(_when(row["received_at"])),
                _cell(row["error"]),
            )
        console.print(letters)
        _print_rest(console, dead["total"] - len(dead["newest"]))
        console.print(
            "After a repair: polar-sync inbox replay. What need not be applied: polar-sync inbox"
            " dismiss"
        )
    _print_outbox(console, report["outbox"])
    _print_refused(console, report["profiles"])
    _print_not_kept(console, report["not_kept"])


def _print_outbox(console: Console, outbox: Mapping[str, Any]) -> None:
    if outbox["pending"]:
        since = _when(outbox["oldest_pending_at"])
        console.print(f"outbox: {outbox['pending']} to be acknowledged, since {since}")
    if outbox["dead"]:
        console.print()
        letters = _table("could not be delivered", "to", "type", "deletion", "made (UTC)", "error")
        for row in outbox["newest_dead"]:
            letters.add_row(
                *(_cell(row[name]) for name in ("id", "recipient", "type", "deletion_id")),
                _cell(_when(row["made_at"])),
                _cell(row["error"]),
            )
        console.print(letters)
        _print_rest(console, outbox["dead"] - len(outbox["newest_dead"]))


def _print_refused(console: Console, profiles: Mapping[str, Any]) -> None:
    if profiles["pending"]:
        since = _when(profiles["oldest_pending_at"])
        console.print(f"profiles: {profiles['pending']} to be carried to Polar, since {since}")
    if profiles["dead"]:
        console.print()
        _print_profile_rows(console, "refused by Polar", profiles["newest_dead"])
        _print_rest(console, profiles["dead"] - len(profiles["newest_dead"]))
        console.print(
            "What the app says next of such a user takes its place. Otherwise, once it is mended:"
            " polar-sync profiles replay; where it need not be carried: polar-sync profiles dismiss"
        )


def print_profiles(console: Console, report: Mapping[str, Any]) -> None:
    """The report of `profiles list`."""
    if report["profiles"]:
        _print_profile_rows(console, "profile", report["profiles"])
    else:
        console.print("no profiles")


def _print_profile_rows(console: Console, title: str, rows: Iterable[Mapping[str, Any]]) -> None:
    table = _table(title, "user", "changed (UTC)", "state", "customer", "reason")
    for row in rows:
        table.add_row(
            _cell(row["id"]),
            _cell(row["user_hash"][:16]),
            _cell(_when(row["changed_at"])),
            *(_cell(row.get(name)) for name in ("status", "customer_id", "reason")),
        )
    console.print(table)


def _print_not_kept(console: Console, not_kept: Mapping[str, Any]) -> None:
    if not_kept["total"]:
        console.print()
        listed = _table("cannot be kept as Polar has it", "id", "fields")
        for it in not_kept["objects"]:
            listed.add_row(_cell(it["kind"]), _cell(it["id"]), _cell(", ".join(it["fields"])))
        console.print(listed)
        _print_rest(console, not_kept["total"] - len(not_kept["objects"]))


def _print_possibly_lost(console: Console, lost: Mapping[str, Any]) -> None:
    if not lost["total"]:
        return
    console.print()
    events = _table("possibly lost", "type", "user", "happened (UTC)", "first one (UTC)", "refused")
    for row in lost["newest"]:
        events.add_row(
            _cell(row["id"]),
            _cell(row["event_type"]),
            _cell(row["user_hash"]),
            _cell(_when(row["event_at"])),
            _cell(_when(row["first_at"]) if row["first_at"] else None),
            _cell("once" if row["times"] == 1 else f"{row['times']} times"),
        )
    console.print(events)
    _print_rest(console, lost["total"] - len(lost["newest"]))
    console.print(
        "These came under the webhook-id of another event and were answered 409. Where the app has"
        " not sent them again under ids of their own, send them: polar-sync send"
    )
    console.print("Where one only repeats another: polar-sync dismiss")


def print_events(console: Console, report: Mapping[str, Any]) -> None:
    """The report of `inbox list`."""
    table = _table("number", "from", "type", "about", "received (UTC)", "state", "error")
    for row in report["events"]:
        about = row["customer_id"] or row["member_id"]
        if about is None and row["user_hash"]:
            about = f"user {row['user_hash'][:_DIGEST_SHOWN]}"
        table.add_row(
            *(_cell(row[name]) for name in ("id", "source", "event_type")),
            _cell(about),
            _cell(_when(row["received_at"])),
            *(_cell(row[name]) for name in ("status", "error")),
        )
    console.print(table if table.row_count else "no events")


def print_messages(console: Console, report: Mapping[str, Any]) -> None:
    """The report of `outbox list`."""
    table = _table("number", "to", "type", "deletion", "made (UTC)", "state", "failures", "error")
    for row in report["messages"]:
        table.add_row(
            *(_cell(row[name]) for name in ("id", "recipient", "type", "deletion_id")),
            _cell(_when(row["made_at"])),
            *(_cell(row[name]) for name in ("status", "attempts", "error")),
        )
    console.print(table if table.row_count else "no messages")


def print_row(console: Console, report: Mapping[str, Any]) -> None:
    """A report of plain values, each under its name."""
    for name, value in report.items():
        if value is not None:
            text = json.dumps(value) if isinstance(value, dict) else value
            console.print(_cell(f"{name}: {text}"))


def print_user(console: Console, report: Mapping[str, Any]) -> None:
    """The report of `user`."""
    for number, deletion in enumerate(report["deletions"]):
        if number:
            console.print()
        _print_deletion(console, deletion)


def print_mapping(console: Console, report: Mapping[str, Any]) -> None:
    """Who a user is at Polar: `user_id`, `external_id` or `customer_id`, and `by` what."""
    table = _table("user", "at Polar", "id", "by")
    by_external_id = report["external_id"] is not None
    table.add_row(
        _cell(report["user_id"]),
        _cell("external id" if by_external_id else "customer id"),
        _cell(report["external_id"] if by_external_id else report["customer_id"]),
        _cell(report["by"]),
    )
    console.print(table)


def print_checks(console: Console, report: Mapping[str, Any]) -> None:
    """What a doctor has found: `checks`, each with `name`, `outcome`, `detail` and `remedy`."""
    table = _table("check", "", "found", "remedy")
    for check in report["checks"]:
        outcome = Text(check["outcome"], _OUTCOME_STYLES.get(check["outcome"], ""))
        table.add_row(_cell(check["name"]), outcome, _cell(check["detail"]), _cell(check["remedy"]))
    console.print(table)


def print_verdict(console: Console, report: Mapping[str, Any]) -> None:
    """What can be said of a receipt: `signature`, `seal` and `chain`, each with `outcome` and
    `detail`."""
    table = _table(f"deletion {report['deletion']}, {report['state']}", "", "found")
    for name in ("signature", "seal", "chain"):
        outcome = Text(report[name]["outcome"], _OUTCOME_STYLES.get(report[name]["outcome"], ""))
        table.add_row(name, outcome, _cell(report[name]["detail"]))
    console.print(table)


def print_inspection(console: Console, report: Mapping[str, Any]) -> None:
    """What was found of the log over all deletions."""
    console.print(
        f"entries: {report['entries']}; pieces of evidence: {report['evidence']};"
        f" deletions: {report['deletions']}"
    )
    console.print(
        f"heads kept here: {report['heads']}; heads and receipts kept elsewhere:"
        f" {report['against']}; signatures checked: {report['signed']}"
    )
    total, named = report["findings"]["total"], report["findings"]["named"]
    if not total:
        console.print("the log holds, and the evidence with it")
        return
    table = _table("found", "deletion", "seq", "entry", "what it is")
    for it in named:
        columns = ("what", "deletion", "seq", "index", "detail")
        table.add_row(*(_cell(it[name]) for name in columns))
    console.print(table)
    if total > len(named):
        console.print(f"and {total - len(named)} more")
    console.print("docs/audit-log.md says what each means; compare with a backup from before")


def print_moved(console: Console, moved: Iterable[Moved]) -> None:
    """What was moved to another database."""
    table = Table()
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("digest, the same on both sides")
    for item in moved:
        table.add_row(item.table, str(item.rows), item.digest[:_DIGEST_SHOWN])
    console.print(table)


def _print_deletion(console: Console, deletion: Mapping[str, Any]) -> None:
    header = Table.grid(padding=(0, 2))
    by_audit = deletion["said_by"] == "audit"
    for name, value in (
        ("deletion", deletion["id"]),
        ("state", _state(deletion["state"])),
        ("action needed", deletion["asks"]),
        ("reason", deletion["reason"]),
        ("user", _user(deletion)),
        ("external id", deletion["external_id"]),
        ("identified by", deletion["identified_by"]),
        ("not a user any more" if by_audit else "user deleted", _when(deletion["event_at"])),
        ("received", _when(deletion["received_at"])),
        ("Polar customer", deletion["customer_id"]),
        ("people beside the user", deletion["others"]),
        ("DELETE sent", _when(deletion["delete_sent_at"])),
        ("by", deletion["deleted_by"]),
        ("customer deleted", _when(deletion["deleted_at"])),
        ("ended", _when(deletion["ended_at"])),
        ("ids forgotten", _when(deletion["forgotten_at"])),
        ("waits for deletion", deletion["waits_for"]),
        ("next attempt", _when(deletion["next_attempt_at"])),
        ("failures in a row", deletion["attempts"] or None),
    ):
        if value is not None:
            header.add_row(name, value if isinstance(value, Text) else _cell(value))
    console.print(header)
    timeline = _table("#", "at (UTC)", "evidence", "from", "state", "detail")
    for item in deletion["evidence"]:
        timeline.add_row(
            _cell(item["seq"]),
            _cell(_when(item["at"])),
            _cell(item["kind"]),
            _cell(item["source"]),
            _state(item["state"]),
            _cell(_detail(item["detail"])),
        )
    console.print(timeline)
    unbroken = deletion["chain_unbroken"]
    console.print(
        "the chain of evidence is unbroken" if unbroken else "THE CHAIN OF EVIDENCE IS BROKEN",
        style="green" if unbroken else "bold red",
    )
    left = _table("the customer's", "id", "status", "ended", "as of (UTC)", "by")
    for item in deletion["subscriptions"]:
        _add_mirrored(left, "subscription", item, item["status"], ended=item["ended"])
    for item in deletion["grants"]:
        granted = item["is_granted"]
        _add_mirrored(
            left, "benefit grant", item, "granted" if granted else "revoked", ended=not granted
        )
    if left.row_count:
        console.print(left)
    elsewhere = _table("member", "of customer", "ended (UTC)", "")
    for item in deletion["memberships"]:
        note = "left alone" if item["kept"] else item["problem"]
        elsewhere.add_row(
            *(_cell(item[name]) for name in ("member_id", "customer_id")),
            _cell(_when(item["ended_at"])),
            _cell(note),
        )
    if elsewhere.row_count:
        console.print(elsewhere)
    _print_paid_seats(console, deletion["paid_seats"])


def _print_paid_seats(console: Console, seats: Iterable[Mapping[str, Any]]) -> None:
    """Seats that nobody sits on any more."""
    table = _table("deletion", "customer", "subscription", "seats paid for that nobody has")
    for seat in seats:
        names = ("deletion", "customer_id", "subscription_id", "seats")
        table.add_row(*(_cell(seat[name]) for name in names))
    if table.row_count:
        console.print(table)
        console.print("Lower the number of seats at Polar, or give them to somebody.")


def _add_mirrored(
    table: Table, what: str, item: Mapping[str, Any], status: str, *, ended: bool
) -> None:
    table.add_row(
        _cell(what),
        _cell(item["id"]),
        _cell(status),
        Text("yes", "green") if ended else Text("no", "yellow"),
        _cell(_when(item["observed_at"])),
        _cell(item["written_by"]),
    )


def _print_rest(console: Console, count: int) -> None:
    if count:
        console.print(f"and {count} more")


def _table(*columns: str) -> Table:
    table = Table(header_style="bold")
    for column in columns:
        # An id cut short is of no use: what is too wide goes on in the next line.
        table.add_column(column, overflow="fold")
    return table


def _cell(value: object) -> Text:
    """The value as text without control characters, which could rewrite the terminal."""
    text = "" if value is None else str(value)
    return Text(
        "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    )


def _lines(value: str | None) -> Text:
    """The same of several lines."""
    return Text("\n").join(map(_cell, (value or "").split("\n")))


def _state(state: str) -> Text:
    style = "yellow" if state in NEEDS_A_PERSON else "green" if state == State.VERIFIED else ""
    return Text(state, style)


def _user(row: Mapping[str, Any]) -> str:
    return row["user_id"] or f"forgotten, {row['user_hash'][:16]}…"


def _when(iso: str | None) -> str | None:
    return None if iso is None else iso[:19].replace("T", " ")


def _detail(detail: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in detail.items()
    )


_HEADINGS = {
    "orphan": "customers whose users are gone",
    "member": "members of teams, whose users are gone: `polar-sync send user.deleted` ends each",
    "unlinked": "customers without an external id: `polar-sync map import` links them",
    "unmapped": "not any one user's, by the mapping",
    "under_way": "users gone, and a deletion is under way",
    "kept": "users gone, and somebody has canceled the deletion",
    "newer": "not in the file, and newer than it or changed since: left alone",
}
"""By what has been found, as `sync.reconcile.users_report.Finding` has it."""


def print_users(console: Console, report: UsersReport) -> None:
    """What `reconcile --users` has found."""
    from sync.reconcile.users_report import Finding, in_words

    repeated = f" ({report.repeated} repeated)" if report.repeated else ""
    console.print(
        f"users: {report.users} in the file of {_when(report.as_of.isoformat())} UTC{repeated},"
        f" {report.without_customer} of them without a customer"
    )
    for name, heading in _HEADINGS.items():
        finding = Finding(name)
        if number := report.found.get(finding):
            charged = in_words(report.pays.get(finding, ()))
            console.print()
            console.print(f"{name} ({number}): {heading}" + (f"; {charged}" if charged else ""))
            shown = [it for it in report.listed if it.finding is finding]
            console.print(_found(shown))
            _print_rest(console, number - len(shown))
    console.print()
    for line in _users_verdict(report):
        console.print(line)


def _found(shown: Sequence[Found]) -> Table:
    """With the columns in which something stands."""
    from sync.reconcile.users_report import in_words, pays

    columns: Mapping[str, Sequence[str | None]] = {
        "member": [it.member_id for it in shown],
        "customer": [it.customer_id for it in shown],
        "external id": [it.external_id for it in shown],
        "user": [it.user_id for it in shown],
        "since (UTC)": [_when(it.created_at.isoformat()) for it in shown],
        "pays": [in_words(pays(it.subscriptions)) for it in shown],
        "subscriptions": [
            "\n".join(f"{one.id} {one.status}" for one in it.subscriptions) for it in shown
        ],
        "deletion": [None if it.deletion is None else f"{it.deletion}, {it.state}" for it in shown],
    }
    filled = {name: values for name, values in columns.items() if any(values)}
    table = _table(*filled)
    for row in zip(*filled.values(), strict=True):
        table.add_row(*map(_lines, row))
    return table


def _users_verdict(report: UsersReport) -> Iterable[str]:
    if not report.orphans:
        yield f"none of {report.linked} customers with an external id was missed"
        return
    yield (
        f"{report.orphans} of {report.linked} customers with an external id were missed:"
        f" {report.share:.2%}"
    )
    if report.too_many:
        yield (
            f"that is more than --max-share {100 * report.max_share:g}%, so nothing is opened:"
            " make sure that the file is whole and the mapping right, or give a larger one"
        )
    elif report.opened:
        yield (
            f"deletions opened: {report.opened}, held: look at them, then `polar-sync approve"
            " --all --origin audit`, or cancel; approved, they go as the brake lets them"
        )
    else:
        yield "`--open` opens a deletion for each, held until you approve it"
