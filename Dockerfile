# The agent alone in an image: no shell, no packages, no root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /jupyter-events-agent ./cmd/agent && mkdir /state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /jupyter-events-agent /usr/bin/jupyter-events-agent
COPY --from=build --chown=65532:65532 --chmod=0700 /state /var/lib/jupyter-events-agent
USER 65532:65532
VOLUME /var/lib/jupyter-events-agent
ENTRYPOINT ["/usr/bin/jupyter-events-agent"]
CMD ["run", "--config", "/etc/jupyter-events-agent/agent.toml"]
