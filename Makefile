.PHONY: setup up down test test-long lint bench acceptance acceptance-clean mutate

setup: ; @bin/setup
up: ; @bin/up
down: ; @bin/down
test: ; @bin/setup --tests && bin/test
test-long: ; @bin/setup --tests && bin/test --long
lint: setup ; @bin/lint
bench: setup ; @bin/bench
acceptance: setup ; @bin/acceptance run
acceptance-clean: setup ; @bin/acceptance clean
mutate: setup ; @.venv/bin/python -m tools.mutants
