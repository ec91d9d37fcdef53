package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"reflect"
	"unsafe"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/core"
)

// adopt has Pebble sign with an authority of ours; its own is a new one at every start.
func adopt(authority *ca.CAImpl, certificateFile, keyFile string) error {
	certificate, err := readCertificate(certificateFile)
	if err != nil {
		return err
	}
	key, err := readKey(keyFile)
	if err != nil {
		return err
	}
	kept := &core.Certificate{ID: "authority", Cert: certificate, DER: certificate.Raw}
	chain := reflect.ValueOf(authority).Elem().FieldByName("chains").Index(0).Elem()
	root := chain.FieldByName("root").Elem()
	leaf := chain.FieldByName("intermediates").Index(0).Elem()
	for _, issuer := range []reflect.Value{root, leaf} {
		overwrite(issuer.FieldByName("key"), key)
		overwrite(issuer.FieldByName("cert"), kept)
	}
	return nil
}

// overwrite sets a field that its package keeps to itself.
func overwrite(field reflect.Value, value any) {
	place := unsafe.Pointer(field.UnsafeAddr()) //nolint:gosec // the reason for this function
	reflect.NewAt(field.Type(), place).Elem().Set(reflect.ValueOf(value))
}

func readCertificate(path string) (*x509.Certificate, error) {
	block, err := readBlock(path)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(block.Bytes)
}

func readKey(path string) (crypto.Signer, error) {
	block, err := readBlock(path)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the authority's key cannot sign")
	}
	return signer, nil
}

func readBlock(path string) (*pem.Block, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM", path)
	}
	return block, nil
}
