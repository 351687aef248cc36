# What CI runs, and its parts. See CONTRIBUTING.md.
.PHONY: all build test race lint fuzz digits ci

all: build test

build:
	CGO_ENABLED=0 go build -o bin/arbench ./cmd/arbench

test:
	go test ./...

race:
	go test -race ./internal/... ./backends/... .

lint:
	gofmt -l . && go vet ./... && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

fuzz:
	go test -run '^$$' -fuzz FuzzParse -fuzztime 300000x -fuzzminimizetime 10x ./internal/suite
	go test -run '^$$' -fuzz FuzzDecode -fuzztime 500000x -fuzzminimizetime 10x ./internal/store

digits:
	go run ./cmd/arbench run digits

ci:
	.ci/run
