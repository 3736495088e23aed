"""The times that Polar has, where nothing is set and nothing scaled."""

from __future__ import annotations

from sync.simulator.config import SimulatorConfig

POLAR = SimulatorConfig()


def test_a_delivery_times_out_after_10_seconds() -> None:
    assert POLAR.timeout() == 10


def test_ten_attempts_are_ever_further_apart_but_at_most_20_minutes() -> None:
    waits = [POLAR.backoff(attempt) for attempt in range(1, POLAR.max_attempts)]
    assert len(waits) == 9
    assert waits == sorted(waits)
    assert waits[1] == 2 * waits[0]
    assert waits[-1] == 20 * 60


def test_an_event_waits_for_earlier_ones_for_a_minute() -> None:
    assert POLAR.fifo_wait == 60


def test_states_are_debounced_by_1_to_5_seconds() -> None:
    assert POLAR.debounce == (1, 5)


def test_ten_events_in_a_row_that_failed_for_good_disable_an_endpoint() -> None:
    assert POLAR.disable_after == 10


def test_a_rate_limit_counts_the_requests_of_a_minute() -> None:
    assert POLAR.rate_window == 60
