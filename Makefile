# Everything here is one line that calls a script; `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run phone passwords test check e2e soak teeth bench pictures vendor translations clean-data packages tools

PYTHON := .venv/bin/python
export PORT EMPTY COUNT MINUTES SECONDS DB

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: ## the product on http://127.0.0.1:8000 with sample data (PORT=…, EMPTY=1 for a bare start)
	@python3 tools/run.py

phone: ## the same for a phone on this network, over TLS on port 8443, with a QR code
	@python3 tools/phone.py

passwords: packages ## the sign-in table of the sample people (RENEW=1 makes new passwords)
	@$(PYTHON) -m flask --app wsgi sample passwords $(if $(RENEW),--renew)

test: ## everything that proves the product, from a clean clone
	@python3 tools/test.py

check: ## the quick part of it: style, types, architecture, rules, on SQLite
	@python3 tools/test.py --quick

e2e: tools ## the browser tests (ARGS='-k trip' chooses)
	@$(PYTHON) -m pytest tests/e2e $(ARGS)

soak: tools ## histories of phones and server that were not played yet (COUNT=… or MINUTES=…, SECONDS=…, DB=sqlite|postgresql, SERVED=here|gunicorn)
	@$(PYTHON) tools/soak.py

teeth: tools ## take each protection of sync out and see who notices (docs/proof.md)
	@$(PYTHON) tools/teeth.py $(ARGS)

bench: tools ## measure what the figures of docs/ promise
	@$(PYTHON) tools/bench.py

pictures: tools ## photograph every screen into test-artefacts/pictures and renew the README's (ONLY=phone-job, README=1)
	@$(PYTHON) tools/pictures.py

vendor: ## take the browser libraries out of node_modules into static/vendor
	@npm run --silent vendor

translations: tools ## take new messages and parts/*.json into the Chinese catalogue and tell what is missing
	@$(PYTHON) -m tools.translations $(ARGS)

clean-data: ## throw away the data folder var/ after asking
	@tools/clean-data.sh

packages:
	@python3 tools/environment.py requirements.txt

tools:
	@python3 tools/environment.py requirements.txt requirements-dev.txt
