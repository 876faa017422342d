# Linted (hadolint), not run by us: see docs/operating.md, "Keep it running".
FROM python:3.13-slim AS packages

WORKDIR /app
COPY requirements.txt .
# Into a folder of its own, so that neither pip's cache nor a compiler reaches the last stage.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.13-slim

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    HTTP_HOST=0.0.0.0 \
    LOG_FORMAT=json

RUN useradd --uid 10001 --user-group --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin lessongate \
    && install -d -o lessongate -g lessongate -m 0700 /data

WORKDIR /app
COPY --from=packages /venv /venv
COPY . .

# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
VOLUME /data
EXPOSE 8080
# SIGTERM: what is being handled is finished first.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('HTTP_PORT') or 8080}/readyz\", timeout=4)"]

ENTRYPOINT ["python", "main.py"]
CMD ["run"]
