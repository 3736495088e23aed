"""An app with users, and polar-sync beside it: what `polar_sync.py` needs from yours."""

import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import polar_sync
import sqlalchemy as sa
from fastapi import FastAPI, HTTPException
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = sa.create_engine(os.environ["APP_DATABASE_URL"])


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    Base.metadata.create_all(engine)
    polar_sync.metadata.create_all(engine)
    # Of several processes each may have one.
    stop = threading.Event()
    sender = threading.Thread(target=polar_sync.run, args=(engine, stop))
    sender.start()
    yield
    stop.set()
    sender.join()


app = FastAPI(lifespan=lifespan)


@app.post("/users/{user_id}", status_code=201)
def sign_up(user_id: str) -> None:
    with Session(engine) as session, session.begin():
        session.add(User(id=user_id))


@app.delete("/users/{user_id}", status_code=204)
def delete_account(user_id: str) -> None:
    # One transaction: the user is gone and the event noted, or neither.
    with Session(engine) as session, session.begin():
        user = session.get(User, user_id)
        if user is None:
            raise HTTPException(404)
        session.delete(user)
        polar_sync.note_deleted(session, user_id)
