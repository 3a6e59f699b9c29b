# What there is to do here. Needs git, make, npm and Node 20 or newer; everything else is installed by the first target that needs it.
# The tests want a real API server too: `make control-plane` finds one, or builds it where Go is installed.

.DEFAULT_GOAL := help
.PHONY: help run test load redis control-plane lint format-check typecheck generated generate kustomize bench images sbom e2e lock clean

# The Node that npm installed, whatever the machine's own is.
NODE := node_modules/.bin/node
INSTALLED := node_modules/.installed
MANIFESTS := package.json package-lock.json $(wildcard */package.json)

help: ## Say what there is to do
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1 - /p' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Serve the example shop on http://shop.localhost:8080, with its demo services
	@$(NODE) examples/demo/backends.js -- $(NODE) cli/bin/evergate.js run examples/shop examples/shop-local

test: $(INSTALLED) redis control-plane ## Run the tests; JEST="cli lint" runs those that match
	npm test -- $(JEST)

load: $(INSTALLED) redis control-plane ## Run the tests under load and at scale, one after the other; they print their figures
	npm run load -- $(JEST)

control-plane: $(INSTALLED) ## Find etcd and kube-apiserver for the tests, or build them once (minutes, with Go)
	@$(NODE) operator/test/support/provideBinaries.ts > /dev/null

# The tests start servers of their own; that of the package is not started.
redis: ## Install the Redis that tests need, on Debian as root; else say what to install
	@if command -v redis-server > /dev/null && command -v redis-sentinel > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
	  apt-get install -qq -y --no-install-recommends redis-server redis-sentinel > /dev/null; \
	else echo 'some tests need redis-server and redis-sentinel on the PATH; install those of Redis 6.2 or newer'; fi

lint: format-check typecheck generated ## Check format, style, types and generated files

format-check: $(INSTALLED)
	npm run lint

typecheck: $(INSTALLED)
	npm run typecheck

GENERATED := crds/*.yaml charts/*/README.md charts/*/files/crds/*.yaml charts/*/files/dashboards/*.json docs/reference/*.md deploy/argocd/*.yaml

# Generated anew, nothing may differ from what is there.
generated: $(INSTALLED)
	@before=$$(cat $(GENERATED) | cksum) && npm run --silent generate > /dev/null && \
	after=$$(cat $(GENERATED) | cksum) && \
	if [ "$$before" != "$$after" ]; then echo 'generated files were out of date; commit what make generate wrote'; exit 1; fi && \
	echo 'generated files are up to date'

generate: $(INSTALLED) ## Write the CRDs, the references, the chart's README and the dashboards
	npm run --silent generate

sbom: $(INSTALLED) ## Write the packages in the images to build/sbom-*.json (CycloneDX); Node comes beside them
	@mkdir -p build && for program in gateway operator; do \
	  npm sbom --omit dev --sbom-format cyclonedx --sbom-type application --workspace $$program > build/sbom-$$program.json && \
	  echo build/sbom-$$program.json || exit 1; \
	done

kustomize: $(INSTALLED) ## Write deploy/kustomize from the chart; needs helm, or HELM=...
	$(NODE) --conditions=source deploy/src/generateKustomize.ts

bench: $(INSTALLED) ## Compare the gateway with its peers, as far as they are installed
	npm run build
	npm run bench

images: $(INSTALLED) ## Build the images of operator and gateway; BASE=... names their base image, else they have none
	npm run build
	$(NODE) scripts/buildImages.js

e2e: $(INSTALLED) redis ## Test with real pods on the cluster of KUBECONFIG, or on a kind cluster that it makes; JEST="order" runs those that match
	npm run e2e -- $(JEST)

lock: ## After a change of dependencies: install them and complete package-lock.json for all platforms
	npm install
	node scripts/completeLock.js

clean: ## Remove what was installed and built
	rm -rf node_modules */node_modules */dist build coverage .evergate

# A second start takes no time: npm runs again only when a dependency changed.
$(INSTALLED): $(MANIFESTS)
	npm ci --no-audit --no-fund
	@touch $@
