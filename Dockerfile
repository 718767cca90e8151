# The portal's one image: web, workers, beat and migrations differ only in their command (see docker-compose.yml).
# By digest: what stands behind a tag may be replaced. scripts/images.py tells which.
ARG PYTHON_DIGEST
FROM python:3.13-slim-trixie${PYTHON_DIGEST} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv
COPY requirements.txt /build/
RUN /venv/bin/pip install --require-hashes --only-binary :all: -r /build/requirements.txt \
    && /venv/bin/python -m compileall -q /venv/lib
COPY . /app
WORKDIR /app
RUN /venv/bin/python scripts/messages.py compile \
    && PATH=/venv/bin:$PATH deploy/collectstatic \
    && rm -rf docs tests benchmarks \
    # What a live installation has no use for.
    && mkdir /training && mv simulator try_out training /training/

# The documents for operators, which are made by packages that nothing else needs.
FROM python:3.13-slim-trixie${PYTHON_DIGEST} AS docs
COPY requirements-docs.txt /build/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r /build/requirements-docs.txt
COPY . /app
RUN python /app/scripts/docs.py

FROM python:3.13-slim-trixie${PYTHON_DIGEST} AS portal
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin portal \
    # A volume that is mounted there for the first time belongs to whom the folder belongs.
    && install -d -o portal -g portal /data/media /data/checkpoints /data/var \
        /certificates /internal /internal-ca /internal-web /internal-proxy
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=docs /app/var/docs /app/var/docs
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PORTAL_MODE=production MEDIA_ROOT=/data/media VAR_DIR=/tmp STATIC_ROOT=/app/staticfiles
USER portal
VOLUME /data/media
EXPOSE 8000
CMD ["gunicorn", "-c", "deploy/gunicorn.conf.py", "outreach_portal.wsgi"]

# With the simulator and the exercises (docker-compose.training.yml).
FROM portal AS training
COPY --from=build /training /app
ENV PORTAL_MODE=training

FROM portal
