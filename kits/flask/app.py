"""An app with users, and polar-sync beside it: what `polar_sync.py` needs from yours."""

import os
import signal
import threading

import click
import polar_sync
import sqlalchemy as sa
from flask import Flask, abort
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = sa.create_engine(os.environ["APP_DATABASE_URL"])
app = Flask(__name__)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)


Base.metadata.create_all(engine)
polar_sync.metadata.create_all(engine)


@app.post("/users/<user_id>")
def sign_up(user_id: str) -> tuple[str, int]:
    with Session(engine) as session, session.begin():
        session.add(User(id=user_id))
    return "", 201


@app.delete("/users/<user_id>")
def delete_account(user_id: str) -> tuple[str, int]:
    # One transaction: the user is gone and the event noted, or neither.
    with Session(engine) as session, session.begin():
        user = session.get(User, user_id)
        if user is None:
            abort(404)
        session.delete(user)
        polar_sync.note_deleted(session, user_id)
    return "", 204


@app.cli.command("polar-sync")
@click.option("--once", is_flag=True, help="Send what is due, and end: for cron.")
def send(once: bool) -> None:
    """Send what is in the outbox: `flask polar-sync`, in a process of its own."""
    if once:
        click.echo(f"{polar_sync.send_due(engine)} sent")
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    polar_sync.run(engine, stop)
