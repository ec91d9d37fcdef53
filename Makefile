.PHONY: setup up down test test-long lint bench

setup: ; @bin/setup
up: ; @bin/up
down: ; @bin/down
test: ; @bin/setup --tests && bin/test
test-long: ; @bin/setup --tests && bin/test --long
lint: setup ; @bin/lint
bench: setup ; @bin/bench
