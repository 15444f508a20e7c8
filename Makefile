# Every target is one line of what a person would type; `make help` lists them.
export CGO_ENABLED := 0
GOFLAGS := -trimpath -buildvcs=false
export GOFLAGS

# Where images come from: auto (pull where a registry answers), pull, assemble.
IMAGES ?= auto
# Numbered events that `make verify` sends.
COUNT ?= 10000

# Flags of `make bench`, such as --only generator.
BENCH ?=

# What `make tf-plan` plans.
TFVARS ?= terraform/examples/production.tfvars

SLUICE = go run ./cmd/sluice --images $(IMAGES)

.DEFAULT_GOAL := help
.PHONY: help up down status verify bench images compose-config tf-plan test unit lint golden tools

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## Create a kind cluster, install the chart, send 10,000 events through it
	@$(SLUICE) up

down: ## Delete what up created, and nothing else
	@$(SLUICE) down --all

status: ## Show the workloads and where they answer
	@$(SLUICE) status

verify: ## Send COUNT numbered events through the running pipeline and account for each
	@$(SLUICE) verify --count $(COUNT)

bench: ## Measure the release of make up (started if there is none) beside its peers: tables, bench/results.json, charts
	@$(SLUICE) status > /dev/null 2>&1 || $(SLUICE) up --count 0
	@go run ./bench $(BENCH)

images: ## Get all images; tell which are pulled, assembled, built, left out
	@$(SLUICE) images

compose-config: ## Write the files that docker-compose.yml mounts, and get the images; then: docker compose up
	@$(SLUICE) compose-config

tf-plan: ## Plan the EKS cluster of TFVARS with your AWS credentials; nothing is changed
	@cd tools/opentofu && go build -o ../../bin/ -ldflags '-s -w' github.com/opentofu/opentofu/cmd/tofu
	@bin/tofu -chdir=terraform init -input=false && bin/tofu -chdir=terraform plan -input=false -var-file='$(abspath $(TFVARS))'

test: ## Run every tier that this machine can run; name what was left out, and why
	@go run ./test/tiers --images $(IMAGES)

unit: ## Run the fast tests only: units, and the chart's goldens, invariants and schemas
	go test ./...

lint: ## Run the linters, pinned in tools/lint
	@go run ./test/tiers --only lint

golden: ## Write the golden files and generated READMEs anew
	go test ./test -update

tools: ## Build the pinned command line tools (helm, kubectl, docker-compose, linters) into bin/
	cd tools/helm && go build -o ../../bin/ -ldflags '-s -w' tool
	cd tools/node && go build -o ../../bin/ -ldflags '-s -w' k8s.io/kubernetes/cmd/kubectl
	cd tools/lint && go build -o ../../bin/ -ldflags '-s -w' tool
	cd tools/compose && go build -o ../../bin/docker-compose -ldflags '-s -w' github.com/docker/compose/v2/cmd
