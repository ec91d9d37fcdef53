// Command acme plays Let's Encrypt: Pebble, signing with the authority of the local cloud.
//
// It lives in the network of the machine around the double: what it validates it reaches as the
// world does, by the double's DNS and the servers' public addresses. It listens on a socket alone.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

const (
	challengePort = 80
	retryAfter    = 1 // seconds a client waits for an order or an authorization
	validity      = 90 * 24 * 3600
)

func main() {
	socket := flag.String("socket", "/run/acme/acme.sock", "where to listen")
	kept := flag.String("accounts", "/run/acme/accounts.json", "what outlives a restart")
	trouble := flag.String("trouble", "/run/acme/trouble", "what is wrong on purpose")
	certificate := flag.String("certificate", "/etc/acme/ca.crt", "the authority's certificate")
	key := flag.String("key", "/etc/acme/ca.key", "the authority's key")
	names := flag.String("names", "127.0.0.1:8453", "the double's name server")
	flag.Parse()

	logger := log.New(os.Stdout, "", log.LstdFlags)
	accounts, err := openAccounts(*kept)
	must(logger, err)
	store := db.NewMemoryStore()
	must(logger, accounts.restore(store))
	profiles := map[string]ca.Profile{"classic": {Description: "As usual", ValidityPeriod: validity}}
	authority := ca.New(logger, store, "", "ecdsa", 0, 1, profiles)
	must(logger, adopt(authority, *certificate, *key))
	resolver, err := serveNames(*names, *trouble)
	must(logger, err)
	validation := va.New(logger, challengePort, 443, false, resolver, store)
	front := wfe.New(logger, store, validation, authority, []string{"letsencrypt.org"}, false, false,
		retryAfter, retryAfter)

	_ = os.Remove(*socket)
	listener, err := net.Listen("unix", *socket)
	must(logger, err)
	must(logger, os.Chmod(*socket, 0o666)) //nolint:gosec // the way in, for nginx's own user
	handler := newLimits(logger, accounts.watch(front.Handler()), *trouble)
	must(logger, http.Serve(listener, handler)) //nolint:gosec // a double's
}

func must(logger *log.Logger, err error) {
	if err != nil {
		logger.Fatal(err)
	}
}
