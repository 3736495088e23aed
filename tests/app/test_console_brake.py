"""What the brake holds, in the console: one line, the list of it, and one word for all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from sync.deletions.observations import Unmapped
from tests.helpers.commands import HELD, TEAM, VERIFIED, Commands
from tests.helpers.console import TOKEN, Visitor, text_of
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.site import site

pytestmark = BOTH_ENGINES


@pytest.fixture
def console(commands: Commands) -> Iterator[Visitor]:
    with site(commands.store, console_token=TOKEN, worker="separate") as running:
        visitor = Visitor(running.client)
        assert visitor.log_in("Ann").status_code == 303
        yield visitor


def numbers(page: httpx.Response) -> list[int]:
    return [int(it) for it in re.findall(r'href="/console/deletions/(\d+)"', page.text)]


def test_what_it_holds_is_one_line_that_leads_to_it(commands: Commands, console: Visitor) -> None:
    held = [commands.deletion(f"user-{n}", *HELD) for n in range(3)]
    team = commands.deletion("user-7", *TEAM)
    unmapped = commands.deletion("user-8", Unmapped())
    commands.deletion("user-9", *VERIFIED)
    overview = console.get()
    said = text_of(overview)
    assert re.search(r"3 deletions are held by the brake since [\w ]+ ago", said)
    assert "Held by the brake 3 deletions" in said
    assert "more:" not in said
    assert numbers(overview) == [team, unmapped]
    links = re.findall(r'href="/console(/deletions\?state=held_by_brake)"', overview.text)
    assert len(links) == 2
    for query in ("", "&q=user-1", "&from=2026-01-01"):
        found = numbers(console.get(links[0] + query))
        assert found == ([held[1]] if "q=" in query else held[::-1])
    assert numbers(console.get("/deletions?state=held_by_brake&q=user-7")) == []
    assert numbers(console.get("/deletions?state=needs_a_person&q=user-9")) == []


def test_more_leads_to_all_of_them_page_by_page(commands: Commands, console: Visitor) -> None:
    made = [commands.deletion(f"user-{n}", Unmapped()) for n in range(3)]
    made += [commands.deletion("user-7", *TEAM), commands.deletion("user-8", *HELD)]
    commands.deletion("user-9", *VERIFIED)
    commands.monkeypatch.setattr("app.console.views._LISTED", 1)
    commands.monkeypatch.setattr("app.console.views._PAGE", 2)
    overview = console.get()
    assert "and 3 more: all 5 that need a person" in text_of(overview)
    assert "1 deletion is held by the brake" in text_of(overview)
    [path] = re.findall(r'href="/console(/deletions\?state=needs_a_person)"', overview.text)
    seen = []
    while path:
        page = console.get(path.replace("&amp;", "&"))
        seen.append(numbers(page))
        path = next(iter(re.findall(r'rel="next" href="/console([^"]+)"', page.text)), "")
    assert seen == [made[:2:-1], made[2:0:-1], made[:1]]


@pytest.mark.slow
def test_all_of_it_is_approved_at_once(commands: Commands, console: Visitor) -> None:
    held = [commands.deletion(f"user-{n}", *HELD) for n in range(3)]
    team = commands.deletion("user-7", *TEAM)
    asked = text_of(console.get("/brake"))
    assert "Approve 3 deletions that the brake holds" in asked
    assert "past the brake, by at most 300 requests a minute" in asked
    form = console.csrf() | {"why": "seen \n with Bob", "number": "3"}
    for wrong in ({"number": "2"}, {"number": ""}, {"why": " "}, {"why": "x" * 501}):
        answer = console.post("/brake", form | wrong)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert console.post("/brake", form | {"csrf": "guessed"}).status_code == 403
    assert {commands.row(number).state for number in held} == {"held"}
    assert console.post("/brake", form).headers["location"] == "/console/done"
    for number in held:
        assert commands.row(number).state == "resolved"
        [*_, link] = commands.run("show", str(number), "--json").json["deletions"][0]["evidence"]
        assert (link["kind"], link["source"]) == ("approved", "operator")
        assert (link["detail"]["by"], link["detail"]["why"]) == ("Ann", "seen with Bob")
    assert commands.row(team).state == "held"
    assert "approve deletions 1 , 2 , 3 Ann seen with Bob" in text_of(console.get("/done"))
    again = console.post("/brake", form)
    assert again.status_code == 400
    assert "The brake holds nothing any more" in text_of(again)
    assert "The brake holds no deletion" in text_of(console.get("/brake"))


def test_what_came_after_the_count_is_not_approved(commands: Commands, console: Visitor) -> None:
    commands.deletion("user-1", *HELD)
    form = console.csrf() | {"why": "all are right", "number": "1"}
    commands.deletion("user-2", *HELD)
    answer = console.post("/brake", form)
    assert answer.status_code == 400
    assert "The brake holds 2 now" in text_of(answer)
    assert {commands.row(number).state for number in (1, 2)} == {"held"}
