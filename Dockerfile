# The agent alone in an image: no shell, no packages, no root. Run it with a root that cannot be written (--read-only): it
# writes to /var/lib/jupyter-events-agent alone.
#   podman build -t jupyter-events-agent --build-arg VERSION=1.2.3 .
FROM golang:1.26 AS build
ARG VERSION=
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN mkdir -p /built/state && cp /etc/ssl/certs/ca-certificates.crt /built/ && CGO_ENABLED=0 \
    go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$VERSION" -o /built/jupyter-events-agent ./cmd/agent

FROM scratch AS image
ARG VERSION=
LABEL org.opencontainers.image.title="jupyter-events-agent" \
      org.opencontainers.image.description="Ships Jupyter's event logs, each destination by its own policy" \
      org.opencontainers.image.licenses="BSD-3-Clause" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /built/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /built/jupyter-events-agent /usr/bin/jupyter-events-agent
COPY --from=build --chown=65532:65532 --chmod=0700 /built/state /var/lib/jupyter-events-agent
USER 65532:65532
VOLUME /var/lib/jupyter-events-agent
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["/usr/bin/jupyter-events-agent", "health"]
ENTRYPOINT ["/usr/bin/jupyter-events-agent"]
CMD ["run"]
