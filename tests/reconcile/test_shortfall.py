"""What a list has not shown, and how far looking for it in other ways has come."""

from __future__ import annotations

from sync.reconcile.shortfall import Shortfall

ORDERS = ("by name", "by address")


def test_what_was_found_is_missing_no_more() -> None:
    it = Shortfall().and_found(2).and_found(1)
    assert [it.left(short) for short in (5, 3, 0)] == [2, 0, 0]


def test_each_order_is_read_page_by_page_and_then_no_other() -> None:
    it, read = Shortfall(), []
    while (order := it.next_order(ORDERS)) is not None:
        read.append((order, it.page))
        it = it.after_page(2)
    assert read == [("by name", 1), ("by name", 2), ("by address", 1), ("by address", 2)]


def test_an_empty_list_is_one_page() -> None:
    assert Shortfall().after_page(0).next_order(ORDERS) == "by address"


def test_how_far_it_has_come_can_be_stored() -> None:
    it = Shortfall().and_found(1).after_page(9).after_customer("c1")
    assert Shortfall.model_validate_json(it.model_dump_json()) == it
