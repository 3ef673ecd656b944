# The image of Admit: one static binary and the certificates it trusts.
#
#     docker build --build-arg VERSION=v1.0.0 -t admit:v1.0.0 .

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src

# Modules change less often than code, so they are a layer of their own.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

# The folders of the product; .dockerignore keeps out the rest.
COPY . ./
ARG TARGETOS
ARG TARGETARCH
# Without a version the build is named after a hash of what it is made of.
ARG VERSION
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    VERSION=${VERSION:-src-$(find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)} && \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o bin/admit ./cmd/admit

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/bin/admit /admit

# Inside a container the network, not the address, decides who reaches a port.
ENV ADMIT_LISTEN=:8080 ADMIT_ADMIN_LISTEN=:8081
EXPOSE 8080 8081

# No name in an image without /etc/passwd; 65532 is nobody's on a usual host.
USER 65532:65532

# There is no shell and no curl in here, so the binary asks itself.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 CMD ["/admit", "health"]
ENTRYPOINT ["/admit"]
CMD ["serve"]
