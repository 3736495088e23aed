"""`manage.py polar_sync`: sends what is in the outbox."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from polar_sync.models import send_due

log = logging.getLogger("polar_sync")


class Command(BaseCommand):
    help = "Sends what is in the outbox, every second, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due, and end")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        if once:
            self.stdout.write(f"{send_due()} sent")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.wait(1):
            # What the database has closed meanwhile is opened anew.
            close_old_connections()
            try:
                send_due()
            except Exception:
                log.exception("sending failed; it is tried again")
