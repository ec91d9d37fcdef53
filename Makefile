.PHONY: setup up down test test-long lint bench

setup: ; @bin/setup
up: ; @bin/up
down: ; @bin/down
test: setup ; @bin/test
test-long: setup ; @bin/test --long
lint: setup ; @bin/lint
bench: setup ; @bin/bench
