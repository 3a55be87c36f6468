# What each target needs beyond Go is installed by `make deps`.

GO       ?= go
FUZZTIME ?= 10m
STEPS    ?= 2000
OCTOKIT  := .cache/octokit
BUILDKIT := .cache/buildkit
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: test check image vulnerabilities deps buildkit-deps buildkit-test rule update fuzz attack bench corpus-test conformance noise sample replays histories builds-report screenshots demo crash fairness faults faults-all

## test: all tests; those whose data or browser is missing say so and skip
test:
	$(GO) test ./...

## check: what must hold before a change lands, besides the tests: style, vet, staticcheck, modules, licences, known vulnerabilities, the image, the race detector
check:
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) test -run 'TestFloors|TestPrograms|TestLicences' ./cmd/dfbot
	@$(MAKE) --no-print-directory vulnerabilities
	@$(MAKE) --no-print-directory image
	$(GO) test -race -short ./... # what -short leaves out repeats what runs here

## image: what the Dockerfile makes of the sources, without containers: a static binary, its memory and its start
image:
	DFBOT_IMAGE=1 $(GO) test -count 1 -run 'TestImage$$' ./cmd/dfbot

## vulnerabilities: fails for a known vulnerability that the code can reach; says so where the database or the tool cannot be had
vulnerabilities:
	@out=$$(mktemp); status=0; GOBIN="$(CURDIR)/.cache/bin" $(GO) install $(GOVULNCHECK) >$$out 2>&1 && .cache/bin/govulncheck ./... >$$out 2>&1 || status=$$?; \
		case $$status in \
		0) echo "vulnerabilities: none known" ;; \
		3) cat $$out; rm -f $$out; exit 1 ;; \
		*) echo "vulnerabilities: NOT CHECKED: $$(tail -n 1 $$out)" ;; \
		esac; rm -f $$out

## deps: GitHub's own API description and example payloads, for the contract test; Chromium, for the page; ShellCheck
deps: $(OCTOKIT)/.stamp
	@command -v shellcheck >/dev/null || \
		{ command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends shellcheck >/dev/null; } || \
		echo "no shellcheck: the tests of its findings will skip"
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		{ command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
		echo "no chromium: the browser tests will skip"

$(OCTOKIT)/.stamp: Makefile
	@mkdir -p $(OCTOKIT)
	npm install --silent --no-audit --no-fund --prefix $(OCTOKIT) \
		@octokit/openapi@23.0.2 @octokit/webhooks-examples@7.6.1 @octokit/webhooks-schemas@7.6.1 @octokit/graphql-schema@15.26.1
	@touch $@

## buildkit-deps: runc, BusyBox and debootstrap; BuildKit's daemon, built in the version of go.mod; a small Debian and npm for base images
buildkit-deps:
	@command -v runc >/dev/null && command -v busybox >/dev/null && command -v debootstrap >/dev/null || \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends runc busybox-static debootstrap >/dev/null; }
	@mkdir -p $(BUILDKIT)/module $(BUILDKIT)/machine
	@daemon=github.com/moby/buildkit/cmd/buildkitd; bin="$(CURDIR)/.cache/bin"; \
		version=$$($(GO) list -m -f '{{.Version}}' github.com/moby/buildkit); cd $(BUILDKIT)/module && \
		test -x $$bin/buildkitd && grep -q "moby/buildkit $$version" go.mod || { printf 'module daemon\n' >go.mod && \
		$(GO) get -tool $$daemon@$$version && CGO_ENABLED=0 $(GO) build -o $$bin/ $$daemon; }
	@cp /bin/busybox /etc/ssl/certs/ca-certificates.crt $(BUILDKIT)/machine/
	@test -d $(BUILDKIT)/machine/npm || npm install --silent --no-audit --no-fund --prefix $(BUILDKIT)/machine/npm \
		npm@10.9.9 yarn@1.22.22 pnpm@10.34.9 corepack@0.31.0
	@test -f $(BUILDKIT)/machine/rootfs.tar || { dir=$$(mktemp -d) && \
		debootstrap --variant=minbase --include=ca-certificates bookworm $$dir/system >$(BUILDKIT)/debootstrap.log && \
		tar --numeric-owner --exclude='./dev/*' --exclude='./var/cache/apt/archives/*.deb' -C $$dir/system \
			-cf $(BUILDKIT)/machine/rootfs.tar.new . && rm -rf $$dir && \
		mv $(BUILDKIT)/machine/rootfs.tar.new $(BUILDKIT)/machine/rootfs.tar; }

## buildkit-test: has BuildKit's own daemon build what dfbot predicts of its cache (STEPS random steps), then Dockerfiles before and after each safe fix, whose images it compares; as root, after make buildkit-deps; PAIRS picks some, UPDATE=-update writes docs/buildkit-pairs.md
buildkit-test:
	@out=$$(mktemp); DFBOT_BUILDKIT=1 $(GO) test -count 1 ./cmd/dfbot/internal/daemon && \
		DFBOT_BUILDKIT=1 $(GO) test -count 1 -timeout 2h ./cmd/dfbot/internal/forecast -args -steps $(STEPS) && \
		DFBOT_BUILDKIT=1 $(GO) test -count 1 -timeout 3h -run 'TestPairs$(if $(PAIRS),/pairs/$(PAIRS))$$' -v \
			./cmd/dfbot/internal/pairs $(UPDATE) >$$out 2>&1; status=$$?; \
		grep -v -e '^ *=== ' -e '^ *--- PASS' -e 'level=warning' $$out; rm -f $$out; exit $$status

## rule: start the rule NAME: its two files, its line in All, its row in docs/precision.md; and for a rule that exists, too, what is made of them
rule:
	$(GO) run ./review/rulebook/newrule $(NAME)
	$(GO) test ./review/rules -run 'TestExamples/^$(NAME)$$' -update
	$(GO) test ./review/rulebook ./cmd/dfbot -run 'TestPublishedPages|TestSchema' -update
	@echo 'Next: go test -short ./review/rulebook says what is left to write; make rule NAME=$(NAME) updates what is made of it'

## update: rewrite golden files, rule pages and the configuration's schema; the rules' examples first, since the pages show them
update:
	$(GO) test ./review/rules -update
	$(GO) test $$(git grep -l 'flag.Bool("update"' -- '*_test.go' | xargs -n 1 dirname | sort -u | \
		grep -v '^review/rules$$' | sed 's|^|./|') -update

## fuzz: every fuzz target for FUZZTIME
fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz'); do \
			echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s $$pkg || exit 1; \
		done; \
	done

## attack: every hostile shape through the program, and what it costs; ATTACK picks shapes, ATTACK_TIME bounds how long it goes on
attack:
	@out=$$(mktemp); DFBOT_ATTACK="$(or $(ATTACK),.)" DFBOT_ATTACK_TIME="$(or $(ATTACK_TIME),30m)" \
		$(GO) test -count 1 -timeout 60m -run 'TestAttack' -v ./cmd/dfbot ./app >$$out; status=$$?; \
		grep -v -e '^=== ' -e '^--- ' -e '^PASS' -e '^ok ' $$out; rm -f $$out; exit $$status

## bench: every benchmark beside its baseline; the ones over real files want DFBOT_CORPUS
bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

## corpus-test: every oracle over the real Dockerfiles that DFBOT_CORPUS names
corpus-test:
	@test -n "$(DFBOT_CORPUS)" || { echo "set DFBOT_CORPUS to the folder of real Dockerfiles"; exit 2; }
	$(GO) test -count 1 ./review/dockerfile ./review/analysis
	@out=$$(mktemp); $(GO) test -count 1 -timeout 30m -run 'TestCorpus|TestFixtures' -v ./review/rules >$$out; status=$$?; \
		grep -v -e '^=== ' -e '^files ' $$out; grep '^files ' $$out; rm -f $$out; exit $$status

## conformance: hadolint's own cases, by its codes; DFBOT_CONFORMANCE names their file
conformance:
	@test -n "$(DFBOT_CONFORMANCE)" || { echo "set DFBOT_CONFORMANCE to the file of hadolint's cases"; exit 2; }
	@out=$$(mktemp); DFBOT_CONFORMANCE="$(abspath $(DFBOT_CONFORMANCE))" $(GO) test -count 1 -run TestConformance -v ./review/rules >$$out; status=$$?; \
		grep -v -e '^=== ' -e '^agree ' $$out; grep '^agree ' $$out; rm -f $$out; exit $$status

## noise: findings on the real files by rule and severity, and a file's median
noise:
	@$(GO) test -count 1 -run TestNoise -v ./review/rules | grep -v -e '^=== ' -e '^--- '

## sample: ten findings on the real files of the rule RULE, or of each: RULE=all
sample:
	@DFBOT_SAMPLE=$(RULE) $(GO) test -count 1 -run TestSample -v ./review/rules | grep -v -e '^=== RUN' -e '^--- '

## replays: what dfbot says of real commits, opened as pull requests; DFBOT_REPLAYS names their table, DFBOT_MIRRORS the folder of their repositories
replays:
	@test -n "$(DFBOT_REPLAYS)" -a -n "$(DFBOT_MIRRORS)" || { echo "set DFBOT_REPLAYS to the table of commits and DFBOT_MIRRORS to the folder of their repositories"; exit 2; }
	$(GO) test -count 1 -timeout 30m -run 'TestReplays$$' -v ./app | grep -v -e '^=== RUN' -e '^ *--- PASS'

## histories: the rows of the table in docs/history.md, for the clones in the folder CLONES
histories:
	DFBOT_CLONES="$(abspath $(CLONES))" $(GO) test -count 1 -timeout 60m -v -run 'TestHistories$$' ./cmd/dfbot

## builds-report: for how many Dockerfiles of real repositories a build states the context; DFBOT_MIRRORS names the folder of the repositories
builds-report:
	@test -n "$(DFBOT_MIRRORS)" || { echo "set DFBOT_MIRRORS to the folder of the repositories"; exit 2; }
	$(GO) test -count 1 -run 'TestMirrors$$' -v ./review/ruleset

## screenshots: the pictures in docs/, drawn by headless Chromium
screenshots:
	$(GO) test -count 1 -run Screenshot ./cmd/dfbot/internal/demo -update

## faults: every way for every call of a review and of a button to fail, and a sample for all transcripts, each held against a run without trouble; the tests make a tenth
faults:
	@out=$$(mktemp); DFBOT_FAULTS=$(or $(FAULTS),sample) $(GO) test -count 1 -parallel 4 -timeout 8h -run 'TestEveryCallFails|TestEveryCallOf.*Fails|TestDraftLeftBehind' -v ./app >$$out; status=$$?; \
		grep -e ': runs [0-9]' -e '^    *--- FAIL' -e '^ok' -e '^FAIL' $$out; rm -f $$out; exit $$status

## faults-all: the same for every call of every transcript, in every way; some 64,000 plays take hours
faults-all:
	@$(MAKE) --no-print-directory faults FAULTS=all

## crash: dfbot killed KILLS times while it reviews PULLS pull requests and calls to GitHub go wrong, by the seed SEED; some 5 minutes
crash:
	KILLS=$(or $(KILLS),200) PULLS=$(or $(PULLS),100) SEED=$(or $(SEED),1) $(GO) test -count 1 -timeout 30m -run 'TestCrash$$' -v ./cmd/dfbot

## fairness: how long a pull request takes beside four of the worst kind of another installation, and by itself
fairness:
	FAIRNESS=1 $(GO) test -count 1 -run 'TestFairness$$' -v ./cmd/dfbot

demo:
	$(GO) run ./cmd/dfbot demo
