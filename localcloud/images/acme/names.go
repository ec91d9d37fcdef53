package main

import (
	"net"
	"os"
	"strings"

	"github.com/miekg/dns"
)

// serveNames answers from the double's name server, but for IPv6: nobody answers at those addresses
// here. The vendor would go on to IPv4 then, Pebble does not.
func serveNames(upstream, trouble string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	client := &dns.Client{Net: "tcp"}
	handle := func(writer dns.ResponseWriter, question *dns.Msg) {
		if troubleIn(trouble) == "unled" {
			_ = writer.WriteMsg(new(dns.Msg).SetRcode(question, dns.RcodeNameError))
			return
		}
		_ = writer.WriteMsg(answer(client, upstream, question))
	}
	server := &dns.Server{Listener: listener, Net: "tcp", Handler: dns.HandlerFunc(handle)}
	go func() { _ = server.ActivateAndServe() }()
	return listener.Addr().String(), nil
}

func answer(client *dns.Client, upstream string, question *dns.Msg) *dns.Msg {
	for _, one := range question.Question {
		if one.Qtype == dns.TypeAAAA {
			return new(dns.Msg).SetReply(question)
		}
	}
	found, _, err := client.Exchange(question, upstream)
	if err != nil {
		return new(dns.Msg).SetRcode(question, dns.RcodeServerFailure)
	}
	return found
}

// troubleIn says what is wrong on purpose; nothing where there is no such file.
func troubleIn(path string) string {
	kind, _ := os.ReadFile(path) //nolint:gosec // an argument of the program
	return strings.TrimSpace(string(kind))
}
