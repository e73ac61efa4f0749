# The production image: no compiler, no bun, no Temporal server, not root.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
WORKDIR /src
# What python-ldap is built with.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends gcc libc6-dev libldap2-dev libsasl2-dev
COPY requirements requirements
RUN python3 -m venv /build \
 && /build/bin/pip install --no-cache-dir --require-hashes -r requirements/dev.txt
COPY . .
RUN /build/bin/python -m inspector_app.frontend_build \
 && /build/bin/python -m build --wheel --no-isolation --outdir /dist
RUN python3 -m venv --without-pip /app \
 && /build/bin/pip --python /app/bin/python install --no-cache-dir --require-hashes -r requirements/base.txt -r requirements/ldap.txt \
 && /build/bin/pip --python /app/bin/python install --no-cache-dir --no-deps /dist/*.whl

FROM ${BASE}
# libldap is called differently from one Debian to the next.
RUN apt-get update -qq \
 && (apt-get install -y -qq --no-install-recommends libldap2 \
  || apt-get install -y -qq --no-install-recommends libldap-2.5-0) \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 inspector \
 && useradd --system --uid 10001 --gid inspector --home-dir /data inspector \
 && install -d -o inspector -g inspector -m 0700 /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 INSPECTOR_HOST=0.0.0.0 INSPECTOR_DATA_DIR=/data
USER inspector
WORKDIR /data
VOLUME /data
EXPOSE 8000
# INSPECTOR_PUBLIC_URL and INSPECTOR_SECRET_KEY (or …_FILE) are the operator's to give.
ENTRYPOINT ["inspector"]
CMD ["serve"]
