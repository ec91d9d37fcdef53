"""The rate limit's bucket, on a clock of its own."""

from __future__ import annotations

from localcloud.hetzner.ratelimit import Bucket


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_burst_empties_the_bucket_and_one_more_is_refused() -> None:
    """As many requests as the limit pass at once, not one more."""
    bucket = Bucket(_Clock(), limit=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_refill_is_one_a_second_up_to_the_limit() -> None:
    """Waiting gives requests back, never more than the limit."""
    clock = _Clock()
    bucket = Bucket(clock, limit=3)
    for _ in range(3):
        bucket.take()
    clock.now += 1
    assert bucket.remaining == 1
    clock.now += 100
    assert bucket.remaining == 3


def test_reset_is_when_it_is_full_again() -> None:
    """The header names the second at which nothing is missing any more."""
    clock = _Clock()
    bucket = Bucket(clock, limit=3600)
    assert bucket.headers()["RateLimit-Reset"] == "1000"
    for _ in range(10):
        bucket.take()
    assert bucket.headers() == {
        "RateLimit-Limit": "3600",
        "RateLimit-Remaining": "3590",
        "RateLimit-Reset": "1010",
    }


def test_clock_that_goes_back_takes_nothing_away() -> None:
    """A turned clock must not empty the bucket."""
    clock = _Clock()
    bucket = Bucket(clock, limit=3)
    clock.now -= 500
    assert bucket.remaining == 3
