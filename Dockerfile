FROM python:3.11-slim AS built
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /app/.venv \
 && /app/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /app/.venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . \
 && /app/.venv/bin/python -m compileall -q assistant ui

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 tightrope && mkdir /data && chown tightrope /data
WORKDIR /app
COPY --from=built --chown=root:root /app /app
USER tightrope
ENV ORT_DISABLE_TELEMETRY=1 TIGHTROPE_DATA=/data TIGHTROPE_SERVER__HOST=0.0.0.0 GRADIO_ANALYTICS_ENABLED=False
VOLUME /data
EXPOSE 7860
HEALTHCHECK CMD ["/app/.venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/healthz')"]
CMD ["/app/.venv/bin/tightrope", "serve"]
