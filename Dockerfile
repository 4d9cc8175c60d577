FROM node:20-bookworm AS assets
WORKDIR /src/api/portal/assets
COPY api/portal/assets/ ./
RUN npm ci --no-audit --no-fund && node build.mjs

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /src/api/portal/assets/dist/ api/portal/assets/dist/
RUN go build -o /sharepartner ./cmd/sharepartner

FROM debian:bookworm-slim
RUN useradd --system --home-dir /data sharepartner && mkdir /data && chown sharepartner /data
COPY --from=build /sharepartner /usr/local/bin/sharepartner
USER sharepartner
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["sharepartner"]
CMD ["up", "--addr", "0.0.0.0:8080", "--data", "/data"]
