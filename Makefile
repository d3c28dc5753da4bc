# Everything a newcomer needs: Python 3.11 or newer, and make.
PYTHON ?= python3
# Byte code is kept, whatever the machine says: without it each process compiles a thousand modules anew.
export PYTHONDONTWRITEBYTECODE =
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

.PHONY: demo demo-reset demo-real test campaign check bench mutants browser-test lock clean

demo: .venv/runtime            ## the running product on http://127.0.0.1:8000; Ctrl-C stops it
	@exec $(BIN)/flask demo

demo-reset: .venv/runtime      ## the same, from nothing
	@exec $(BIN)/flask demo --reset

demo-real: .venv/real          ## the demo on real baskets (RECEIPTS=20000 by default, or all)
	@COALITION_VAR=var/real-$(or $(RECEIPTS),20000) exec $(BIN)/flask demo --shopping $(or $(RECEIPTS),20000)

test: .venv/dev                ## the whole suite on embedded servers
	$(BIN)/python -m pytest -n 4 --dist loadscope --no-loadscope-reorder -m "not browser"

campaign: .venv/dev            ## 10,000 orders through failing suppliers under fire, and 200 last units; CI does not run it
	CAMPAIGN_ORDERS=10000 LAST_UNIT_ROUNDS=200 $(BIN)/python -m pytest -n 0 -s tests/campaign tests/journeys/test_races.py
	PAYOUT_DEATHS=all $(BIN)/python -m pytest -n 0 tests/settlement/payouts/test_mortality.py tests/integrations/payments/test_payouts.py
	SETTLEMENT_CLOSES=100 SETTLEMENT_SCRIPTS=200 $(BIN)/python -m pytest -n 0 tests/settlement/accruals/test_accruing.py \
	  tests/settlement/statements/test_properties.py
	EXPOSURE_ROUNDS=200 EXPOSURE_ISSUES=1000 $(BIN)/python -m pytest -n 0 tests/coalition/partners/exposure
	COUPON_ROUNDS=1000 $(BIN)/python -m pytest -n 0 tests/coalition/promotions/coupons/test_races.py
	OAUTH_ROUNDS=1000 $(BIN)/python -m pytest -n 0 tests/coalition/access/oauth/test_races.py
	ORDER_ROUNDS=200 $(BIN)/python -m pytest -n 0 tests/catalog/orders/test_races.py
	WEBHOOK_DEATHS=all $(BIN)/python -m pytest -n 0 tests/coalition/partners/webhooks/test_dying.py
	VECTOR_SEEDS=100 $(BIN)/python -m pytest -n 0 tests/settlement/vectors
	API_REQUESTS=20000 $(BIN)/python -m pytest -n 0 tests/walls/test_document.py
	TAMPERINGS=20000 FORGERIES=20000 $(BIN)/python -m pytest -n 0 tests/settlement/proofs

check: .venv/dev               ## format, lint, types, import contracts, generated docs
	$(BIN)/flask dev check

bench: .venv/dev               ## the benchmarks, each against its physical limit
	$(BIN)/python -m tests.benchmarks

mutants: .venv/dev             ## small slips in the points' arithmetic, in Python and in SQL: which do the tests not see?
	$(BIN)/mutmut run
	$(BIN)/python -m tests.mutation.ledger_sql

browser-test: .venv/browser    ## screenshots and accessibility of every page (needs Chromium)
	$(BIN)/python -m pytest -n 2 -m browser tests/browser

lock: .venv/dev                ## renew the lock files from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) pyproject.toml --extra dev --extra browser -c requirements-dev.lock -o requirements-browser.lock
	$(LOCK) pyproject.toml --extra real -c requirements-dev.lock -o requirements-real.lock

clean:
	rm -rf .venv var

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/pyvenv.cfg requirements.lock
	$(PIP) -r requirements.lock
	@touch $@

.venv/dev: .venv/runtime requirements-dev.lock
	$(PIP) -r requirements-dev.lock
	@touch $@

.venv/browser: .venv/dev requirements-browser.lock
	$(PIP) -r requirements-browser.lock
	@touch $@

.venv/real: .venv/runtime requirements-real.lock
	$(PIP) -r requirements-real.lock
	@touch $@
