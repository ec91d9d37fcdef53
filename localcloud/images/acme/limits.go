package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

const (
	directoryPath  = "/directory"
	pebbleDirPath  = "/dir"
	newOrderPath   = "/order-plz"
	authzPath      = "/authZ/"
	mostFailures   = 5
	failuresWithin = time.Hour
	problemType    = "application/problem+json"
)

// limits stands before Pebble: the vendor's limit of failed validations, and trouble on purpose.
type limits struct {
	next     http.Handler
	logger   *log.Logger
	trouble  string
	lock     sync.Mutex
	failures map[string]map[string]time.Time // by name, then by the URL of the authorization
}

func newLimits(logger *log.Logger, next http.Handler, trouble string) *limits {
	return &limits{
		next:     next,
		logger:   logger,
		trouble:  trouble,
		failures: make(map[string]map[string]time.Time),
	}
}

func (l *limits) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	kind := troubleIn(l.trouble)
	switch {
	case kind == "unreachable":
		panic(http.ErrAbortHandler) // closes the connection without an answer
	case request.URL.Path == directoryPath:
		request.URL.Path = pebbleDirPath
		l.next.ServeHTTP(response, request)
	case request.URL.Path == newOrderPath:
		l.order(response, request, kind == "limited")
	case strings.HasPrefix(request.URL.Path, authzPath):
		l.authorization(response, request)
	default:
		l.next.ServeHTTP(response, request)
	}
}

func (l *limits) order(response http.ResponseWriter, request *http.Request, limited bool) {
	body, err := readBody(request)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	if limited {
		refuse(response, "too many new orders recently, retry later")
		return
	}
	for _, name := range namesOf(body) {
		if l.count(name) >= mostFailures {
			refuse(response, fmt.Sprintf("too many failed authorizations (%d) for %q in the last 1h0m0s",
				mostFailures, name))
			return
		}
	}
	l.next.ServeHTTP(response, request)
}

// authorization counts a validation that failed, once, when its client learns of it.
func (l *limits) authorization(response http.ResponseWriter, request *http.Request) {
	recorder := httptest.NewRecorder()
	l.next.ServeHTTP(recorder, request)
	var authz struct {
		Status     string `json:"status"`
		Identifier struct {
			Value string `json:"value"`
		} `json:"identifier"`
	}
	if json.Unmarshal(recorder.Body.Bytes(), &authz) == nil && authz.Status == "invalid" {
		l.failed(authz.Identifier.Value, request.URL.Path)
	}
	for name, values := range recorder.Header() {
		response.Header()[name] = values
	}
	response.WriteHeader(recorder.Code)
	_, _ = response.Write(recorder.Body.Bytes())
}

func (l *limits) failed(name, authorization string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.failures[name] == nil {
		l.failures[name] = make(map[string]time.Time)
	}
	if _, known := l.failures[name][authorization]; !known {
		l.failures[name][authorization] = time.Now()
		l.logger.Printf("failed validation %d of %s", len(l.failures[name]), name)
	}
}

func (l *limits) count(name string) int {
	l.lock.Lock()
	defer l.lock.Unlock()
	for authorization, when := range l.failures[name] {
		if time.Since(when) > failuresWithin {
			delete(l.failures[name], authorization)
		}
	}
	return len(l.failures[name])
}

func namesOf(body []byte) []string {
	var order struct {
		Identifiers []struct {
			Value string `json:"value"`
		} `json:"identifiers"`
	}
	if decode(body, func(signed signature) string { return signed.Payload }, &order) != nil {
		return nil
	}
	found := make([]string, 0, len(order.Identifiers))
	for _, one := range order.Identifiers {
		found = append(found, strings.ToLower(one.Value))
	}
	return found
}

func refuse(response http.ResponseWriter, why string) {
	response.Header().Set("Content-Type", problemType)
	response.Header().Set("Retry-After", "3600")
	response.WriteHeader(http.StatusTooManyRequests)
	_ = json.NewEncoder(response).Encode(map[string]any{
		"type":   "urn:ietf:params:acme:error:rateLimited",
		"detail": why,
		"status": http.StatusTooManyRequests,
	})
}
