.PHONY: setup up down test lint bench

setup: ; @bin/setup
up: ; @bin/up
down: ; @bin/down
test: setup ; @bin/test
lint: setup ; @bin/lint
bench: setup ; @bin/bench
