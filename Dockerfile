# The bridge with everything that can be turned on. `docs/deploying.md` says how to run it.
FROM python:3.13-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
# What changes seldom first, so that a change of the code does not fetch it again.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --all-extras --no-install-project
COPY app app
COPY sync sync
RUN uv sync --locked --no-dev --all-extras --no-editable

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home bridge \
    && install -d -o bridge -g bridge -m 0700 /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH \
    HOST=0.0.0.0 \
    DATABASE_URL=sqlite:////data/polar-sync.db \
    DATABASE_ON_VOLUME=true
USER 10001
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["polar-sync", "ready"]
ENTRYPOINT ["polar-sync"]
CMD ["serve", "--migrate"]
