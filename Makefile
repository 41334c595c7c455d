# Waymark. `make help` lists the targets. Only Go, make, gcc and git are needed:
# every other tool is built from source at the version pinned here.

MODULES   := chaincode/waymark chaincode network gateway/client gateway mqtt-bridge test
STATE     := .waymark
TOOLS     := $(CURDIR)/$(STATE)/tools
BIN       := $(CURDIR)/$(STATE)/bin
NETWORK   := $(BIN)/network
LOGGER    ?=
FABRIC_IOT ?=
READINGS   ?= 10000000

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOTESTSUM     := gotest.tools/gotestsum@v1.13.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
VERSITYGW     := github.com/versity/versitygw/cmd/versitygw@v1.8.0

.DEFAULT_GOAL := help
.PHONY: help programs build up down purge status demo test unit e2e state compare handoffs bench-gateway bench-events bench-reading bench caliper size trace cluster mosquitto faults faults-disk devices pages postgres pkcs11 s3 node browser openapi-lint lint vulncheck determinism generate

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

programs: # the commands that drive the others
	@cd network && GOWORK=off go build -o $(BIN)/network ./cmd/network
	@cd test && GOWORK=off go build -o $(BIN)/device ./cmd/device && GOWORK=off go build -o $(BIN)/demo ./cmd/demo

build: programs ## build every command into .waymark/bin
	@$(NETWORK) build

up: programs ## bring the local consortium up (four members, real Fabric), or resume it
	@$(NETWORK) up

down: programs ## stop it; its ledger stays in .waymark
	@$(NETWORK) down

purge: programs ## stop it and delete its ledger
	@$(NETWORK) down --purge

status: programs ## show its processes
	@$(NETWORK) status

demo: up ## the whole story: devices, handoffs, an excursion, refusals, a sale with its money, a dispute, a recall
	@$(BIN)/demo $(if $(LOGGER),--logger "$(abspath $(LOGGER))")

test: unit e2e ## everything: unit, conformance, vectors, fuzz seeds, end to end; race detector on
	@tests=$$(cat $(STATE)/tests/*.json | grep '"Test":'); \
	  count() { printf '%s\n' "$$tests" | grep -c "\"Action\":\"$$1\""; }; \
	  echo "$$(count pass) passed, $$(count fail) failed, $$(count skip) skipped"

$(TOOLS)/gotestsum:
	@GOBIN=$(TOOLS) GOWORK=off go install $(GOTESTSUM)

$(TOOLS)/versitygw:
	@GOBIN=$(TOOLS) GOWORK=off go install $(VERSITYGW)

$(TOOLS)/golangci-lint:
	@GOBIN=$(TOOLS) GOWORK=off go install $(GOLANGCI_LINT)

$(TOOLS)/govulncheck:
	@GOBIN=$(TOOLS) GOWORK=off go install $(GOVULNCHECK)

# The rules of the chaincode, which start no goroutine: `make determinism` sees to that.
RULES     := go list ./rules/... ./internal/recount/...

unit: $(TOOLS)/gotestsum ## unit and conformance tests of every module; with the race detector, which rules have nothing for
	@mkdir -p $(STATE)/tests
	@for m in $(MODULES); do echo "== $$m"; (cd $$m && export GOWORK=off; \
	  run() { file=$$1; shift; $(TOOLS)/gotestsum --format pkgname-and-test-fails --hide-summary skipped \
	    --jsonfile $(CURDIR)/$(STATE)/tests/$$(echo $$file | tr / -).json -- "$$@"; }; \
	  if [ $$m = chaincode ]; then run rules $$($(RULES)) && run $$m -race $$(go list ./... | grep -vxF "$$($(RULES))"); \
	  else run $$m -race -timeout 20m ./...; fi && \
	  if [ $$m = gateway ]; then run model -count 1 ./internal/model -rapid.checks=100; \
	  elif [ $$m = mqtt-bridge ]; then run held -count 1 -run '^TestHeldBack' ./internal/bridge; fi) || exit 1; done

e2e: $(TOOLS)/gotestsum build ## conformance, scenarios, faults and upgrades on real networks of their own
	@mkdir -p $(STATE)/tests
	@cd test && GOWORK=off $(TOOLS)/gotestsum --format testname --hide-summary skipped \
	  --jsonfile $(CURDIR)/$(STATE)/tests/e2e.json -- -race -tags e2e -count 1 -p 1 -timeout 30m ./conformance/... ./e2e/... ./upgrade/...

state: ## measure what records cost on every peer, into .waymark/bench/state.json
	@mkdir -p $(STATE)/bench
	@cd chaincode && GOWORK=off go test ./rules/telemetry -run '^TestSizeOfState$$' -count 1 -state $(CURDIR)/$(STATE)/bench/state.json
	@cat $(STATE)/bench/state.json

compare: build ## time fabric-iot's chaincodes and ours at the same work (FABRIC_IOT=checkout of newham/fabric-iot), into .waymark/bench/compare.json
	@test -n "$(FABRIC_IOT)" || { echo "make compare FABRIC_IOT=checkout of github.com/newham/fabric-iot" >&2; exit 2; }
	@cd test && GOWORK=off go build -o $(BIN)/compare ./cmd/compare
	@$(BIN)/compare --fabric-iot "$(abspath $(FABRIC_IOT))" --out $(CURDIR)/$(STATE)/bench/compare.json

handoffs: build ## time handoffs at 1, 10 and 100 shipments in parallel, into .waymark/bench/handoffs.json
	@cd test && GOWORK=off go build -o $(BIN)/handoffs ./cmd/handoffs
	@$(BIN)/handoffs --out $(CURDIR)/$(STATE)/bench/handoffs.json

bench-gateway: build ## time the gateway beside a bare client of Fabric at the same transactions, into .waymark/bench/gateway.json
	@cd test && GOWORK=off go build -o $(BIN)/overhead ./cmd/overhead
	@$(BIN)/overhead --out $(CURDIR)/$(STATE)/bench/gateway.json

bench-reading: ## time a read model of READINGS readings in SQLite, and with WITH=.ci/postgres in PostgreSQL too, into .waymark/bench/reading.json
	@mkdir -p $(STATE)/bench
	@cd gateway && GOWORK=off $(if $(WITH),$(CURDIR)/$(WITH)) go test -tags bench ./internal/rest -run '^TestBenchReading$$' -count 1 -timeout 60m -v -readings $(READINGS) -reading-out $(CURDIR)/$(STATE)/bench/reading.json

bench-events: build ## time events at 1, 100 and 1,000 clients, and the feed of the read model, into .waymark/bench/events.json
	@cd test && GOWORK=off go build -o $(BIN)/events ./cmd/events
	@$(BIN)/events --out $(CURDIR)/$(STATE)/bench/events.json

bench: build ## all that a small machine can do, in one run (40 minutes) and one report: docs/performance.md with its charts, and .waymark/bench/bench.json (QUICK=1: does it work? ROWS=raw,ingest: these, and no page. PROFILES=folder: profiles of every process instead)
	@cd test && GOWORK=off go build -o $(BIN)/bench ./cmd/bench
	@$(BIN)/bench $(if $(QUICK),--quick) $(if $(ROWS),--rows "$(ROWS)") $(if $(PROFILES),--profiles "$(abspath $(PROFILES))") \
	  $(if $(QUICK)$(PROFILES),,--out $(CURDIR)/$(STATE)/bench/$(if $(ROWS),rows,bench).json) $(if $(QUICK)$(PROFILES)$(ROWS),,--docs $(CURDIR)/docs)

caliper: ## Hyperledger Caliper on products (needs node and npm, and the network up; QUICK=1: does it work?), into .waymark/caliper/report.html
	@cd test && GOWORK=off go build -o $(BIN)/caliper ./cmd/caliper
	@$(BIN)/caliper $(if $(QUICK),--quick)

DEVICES ?= 100000
EVERY   ?= 60s
MEMBERS ?= 5
KIND    ?= ingest_single

size: ## what a consortium needs for DEVICES that send a message EVERY so long, at MEMBERS, by the figures in docs/bench.json (KIND: a row of ingest): docs/scale.md
	@cd test && GOWORK=off go run ./cmd/size --figures $(CURDIR)/docs/bench.json --devices $(DEVICES) --every $(EVERY) --members $(MEMBERS) --kind $(KIND)

trace: build ## time what became of 10,000 items of a lot, into .waymark/bench/trace.json
	@cd test && WAYMARK_FIGURES=1 GOWORK=off go test -tags e2e -run '^TestWhatBecameOfTenThousand$$' -count 1 -v -timeout 10m ./e2e

cluster: $(TOOLS)/gotestsum ## the bridge over a cluster of three nats-servers, which are killed
	@cd mqtt-bridge && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags cluster -run '^TestCluster$$' -count 1 -timeout 15m ./internal/bridge

mosquitto: $(TOOLS)/gotestsum build ## bridge, fleet and edge over mosquitto, which is killed, and a fleet over it on a real network (needs the mosquitto command)
	@cd mqtt-bridge && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags mosquitto -run "TestMosquitto|TestExternalBroker|TestFleet" -count 1 -timeout 15m ./internal/bridge
	@cd mqtt-bridge && GOWORK=off $(TOOLS)/gotestsum --format testname -- -race -tags mosquitto -run TestLocalMosquitto -count 1 -timeout 10m ./internal/edge
	@cd test && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags e2e,mosquitto -run TestMosquitto -count 1 -timeout 10m ./e2e

FAULTS ?= docs/reliability.md
TOGETHER ?= 1

faults: $(TOOLS)/gotestsum build ## every part fails under load, and what was acknowledged is looked for; into docs/reliability.md (needs root and mosquitto; FAULTS= writes nothing, TOGETHER=2 is sooner)
	@cd test && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags e2e -run TestFaultTable -count 1 -timeout 40m ./faults -together $(TOGETHER) $(if $(FAULTS),-table $(abspath $(FAULTS)))

faults-disk: $(TOOLS)/gotestsum ## the bridge's disk, or an edge's, fails, is full, is cut off in any system call (needs strace, and root for a small disk)
	@cd mqtt-bridge && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags faults -run 'Disk|Synced|Killed' -count 1 -timeout 10m ./internal/spool ./internal/bridge ./internal/edge/outbox ./internal/edge

devices: $(TOOLS)/gotestsum ## a device in C against the vectors, and one in Go on the network (needs cc and libssl-dev, and the network up)
	@cd test && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags devices -count 1 -timeout 5m ./devices/...
	@$(BIN)/mqtt-bridge key --config $(STATE)/bridge/mqtt-bridge.yaml > $(STATE)/bridge.json
	@cd test && GOWORK=off go run ./devices/go $(CURDIR)/$(STATE)/endpoints.json $(CURDIR)/$(STATE)/bridge.json

pages: $(TOOLS)/gotestsum build ## the command lines of docs/verify.md and docs/offline-signing.md, as a reader types them (needs curl, jq and openssl)
	@cd test && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags e2e,pages -run TestPage -count 1 -timeout 10m ./e2e

postgres: $(TOOLS)/gotestsum build ## what gateways keep, in PostgreSQL, and two of them over it (needs the server's commands)
	@cd gateway && GOWORK=off $(CURDIR)/.ci/postgres $(TOOLS)/gotestsum --format testname -- -race -tags postgres -run Postgres -count 1 -timeout 20m ./internal/database ./internal/lease ./internal/leases ./internal/requests ./internal/webhooks
	@cd gateway && GOWORK=off $(CURDIR)/.ci/postgres $(TOOLS)/gotestsum --format testname -- -tags postgres -run Postgres -count 1 -timeout 20m ./internal/model -rapid.checks=12
	@cd test && GOWORK=off $(CURDIR)/.ci/postgres $(TOOLS)/gotestsum --format testname -- -tags e2e,postgres -run TestPostgres -count 1 -timeout 10m ./e2e

pkcs11: $(TOOLS)/gotestsum build ## keys in a PKCS#11 token: SoftHSM, and a real transaction (needs softhsm2-util and gcc)
	@cd gateway && GOWORK=off $(TOOLS)/gotestsum --format testname -- -race -tags pkcs11 -run TestPKCS11 -count 1 -timeout 10m ./internal/fabric
	@cd test && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags e2e,pkcs11 -run TestPKCS11 -count 1 -timeout 10m ./e2e

s3: $(TOOLS)/gotestsum $(TOOLS)/versitygw build ## the store of bodies in a bucket of an S3 service, and a gateway that anchors there
	@cd gateway && PATH=$(TOOLS):$$PATH GOWORK=off $(CURDIR)/.ci/s3 $(TOOLS)/gotestsum --format testname -- -race -tags s3 -run 'Bucket|WriteOver' -count 1 -timeout 10m ./internal/bodies
	@cd test && PATH=$(TOOLS):$$PATH GOWORK=off $(CURDIR)/.ci/s3 $(TOOLS)/gotestsum --format testname -- -tags e2e,s3 -run TestS3 -count 1 -timeout 10m ./e2e

browser: $(TOOLS)/gotestsum ## the reference page in a real browser (needs chromium)
	@cd gateway && GOWORK=off $(TOOLS)/gotestsum --format testname -- -tags browser -run TestReferencePageInABrowser -count 1 -timeout 5m ./internal/rest

openapi-lint: ## Redocly's rules on the OpenAPI document (needs node and npm)
	@cd test/openapi && npm ci --no-audit --no-fund --loglevel error && npm test

node: ## a device written in JavaScript (needs node and npm, and the network up)
	@$(BIN)/mqtt-bridge key --config $(STATE)/bridge/mqtt-bridge.yaml > $(STATE)/bridge.json
	@cd test/node && npm ci --no-audit --no-fund --loglevel error && npm test

$(TOOLS)/determinism: $(wildcard test/cmd/determinism/*.go test/internal/determinism/*.go)
	@cd test && GOWORK=off go build -o $@ ./cmd/determinism

lint: $(TOOLS)/golangci-lint determinism ## golangci-lint and gofmt over every module; determinism of the rules
	@for m in $(MODULES); do echo "== $$m"; (cd $$m && GOWORK=off $(TOOLS)/golangci-lint run --allow-parallel-runners --config $(CURDIR)/.golangci.yml ./...) || exit 1; done

vulncheck: $(TOOLS)/govulncheck ## known vulnerabilities that our code can reach (asks vuln.go.dev, or VULNDB=file:///a/copy)
	@for m in $(MODULES); do echo "== $$m"; (cd $$m && GOWORK=off $(TOOLS)/govulncheck $(if $(VULNDB),-db $(VULNDB)) ./...) || exit 1; done

determinism: $(TOOLS)/determinism ## what endorsers could not agree on, in all that runs inside a transaction
	@cd chaincode && export GOWORK=off && $(TOOLS)/determinism -test=false $$($(RULES)) ./internal/contract ./internal/fabricledger
	@cd chaincode/waymark && GOWORK=off $(TOOLS)/determinism -test=false ./...

generate: ## write generated files anew; CI checks that nothing changes
	@for m in $(MODULES); do (cd $$m && GOWORK=off go generate ./...) || exit 1; done

