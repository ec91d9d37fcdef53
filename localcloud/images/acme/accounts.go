package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/letsencrypt/pebble/v2/acme"
	"github.com/letsencrypt/pebble/v2/core"
	"github.com/letsencrypt/pebble/v2/db"
)

const newAccountPath = "/sign-me-up"

// accounts keeps the accounts: a proxy has its own for years, Pebble forgets all at a restart.
//
// Their names come from a generator with a seed, so the same keys in the same order have the same.
type accounts struct {
	lock sync.Mutex
	path string
	Seed int64              `json:"seed"`
	Keys []*jose.JSONWebKey `json:"keys"`
}

func openAccounts(path string) (*accounts, error) {
	found := &accounts{path: path, Seed: time.Now().UnixNano()}
	text, err := os.ReadFile(path) //nolint:gosec // an argument of the program
	if errors.Is(err, os.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	return found, json.Unmarshal(text, found)
}

// restore puts the accounts into a new store.
func (a *accounts) restore(store *db.MemoryStore) error {
	source := rand.New(rand.NewSource(a.Seed)) //nolint:gosec // names, no secrets
	overwrite(reflect.ValueOf(store).Elem().FieldByName("accountRand"), source)
	for _, key := range a.Keys {
		account := core.Account{Account: acme.Account{Status: acme.StatusValid}, Key: key}
		if _, err := store.AddAccount(&account); err != nil {
			return fmt.Errorf("an account of an earlier run: %w", err)
		}
	}
	return nil
}

// watch keeps each account that is made.
func (a *accounts) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.URL.Path != newAccountPath || request.Method != http.MethodPost {
			next.ServeHTTP(response, request)
			return
		}
		// One at a time: the order of the keys is the order of the accounts.
		a.lock.Lock()
		defer a.lock.Unlock()
		body, err := readBody(request)
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		seen := &seenStatus{ResponseWriter: response}
		next.ServeHTTP(seen, request)
		if key := keyOf(body); seen.status == http.StatusCreated && key != nil {
			a.Keys = append(a.Keys, key)
			a.write()
		}
	})
}

func (a *accounts) write() {
	text, err := json.Marshal(a)
	if err == nil {
		err = os.WriteFile(a.path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(a.path+".new", a.path)
	}
	if err != nil {
		fmt.Println("an account is not kept:", err)
	}
}

func keyOf(body []byte) *jose.JSONWebKey {
	var header struct {
		Key *jose.JSONWebKey `json:"jwk"`
	}
	if decode(body, func(signed signature) string { return signed.Protected }, &header) != nil {
		return nil
	}
	return header.Key
}

// signature is what every request of a client is wrapped in.
type signature struct {
	Protected string `json:"protected"`
	Payload   string `json:"payload"`
}

// decode reads one of the parts; whether it is signed rightly is Pebble's to say.
func decode(body []byte, part func(signature) string, into any) error {
	var signed signature
	if err := json.Unmarshal(body, &signed); err != nil {
		return err
	}
	text, err := base64.RawURLEncoding.DecodeString(part(signed))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// readBody reads a request's body and puts it back.
func readBody(request *http.Request) ([]byte, error) {
	body, err := io.ReadAll(request.Body)
	request.Body = io.NopCloser(strings.NewReader(string(body)))
	return body, err
}

type seenStatus struct {
	http.ResponseWriter
	status int
}

func (s *seenStatus) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}
