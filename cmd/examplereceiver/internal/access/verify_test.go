package access_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"admit/cmd/examplereceiver/internal/access"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	const body = `{"type":"access.granted"}`
	without := func(h http.Header, name string) http.Header {
		h.Del(name)
		return h
	}
	with := func(h http.Header, name, value string) http.Header {
		h.Set(name, value)
		return h
	}
	both := []string{secret, another}
	for _, c := range []struct {
		name    string
		secrets []string // the receiver's
		header  http.Header
		body    string
		want    error
	}{
		{"well signed", []string{secret}, sign(t, body, now, secret), body, nil},
		{"the sender rotates: signed by both", []string{secret}, sign(t, body, now, another, secret), body, nil},
		{"the receiver rotates: the old one", both, sign(t, body, now, secret), body, nil},
		{"the receiver rotates: the new one", both, sign(t, body, now, another), body, nil},
		{"the old one, after the rotation", []string{another}, sign(t, body, now, secret), body, access.ErrSignature},
		{"wrong secret", []string{secret}, sign(t, body, now, another), body, access.ErrSignature},
		{"tampered body", []string{secret}, sign(t, body, now, secret), strings.Replace(body, "granted", "revoked", 1), access.ErrSignature},
		{"a blank more in the body", []string{secret}, sign(t, body, now, secret), body + " ", access.ErrSignature},
		{"no body", []string{secret}, sign(t, body, now, secret), "", access.ErrSignature},
		{"another id", []string{secret}, with(sign(t, body, now, secret), standardwebhooks.HeaderWebhookID, "msg_2"), body, access.ErrSignature},
		{"another time", []string{secret}, with(sign(t, body, now, secret), standardwebhooks.HeaderWebhookTimestamp, "1772366401"), body, access.ErrSignature},
		{"another kind of signature", []string{secret}, with(sign(t, body, now, secret), standardwebhooks.HeaderWebhookSignature, "v1a,AAAA"), body, access.ErrSignature},
		{"no signature", []string{secret}, without(sign(t, body, now, secret), standardwebhooks.HeaderWebhookSignature), body, access.ErrSignature},
		{"no id", []string{secret}, without(sign(t, body, now, secret), standardwebhooks.HeaderWebhookID), body, access.ErrSignature},
		{"no time", []string{secret}, without(sign(t, body, now, secret), standardwebhooks.HeaderWebhookTimestamp), body, access.ErrTime},
		{"a time that is none", []string{secret}, with(sign(t, body, now, secret), standardwebhooks.HeaderWebhookTimestamp, "noon"), body, access.ErrTime},
		{"just not too old", []string{secret}, sign(t, body, now.Add(-access.Tolerance), secret), body, nil},
		{"too old", []string{secret}, sign(t, body, now.Add(-access.Tolerance-time.Second), secret), body, access.ErrTime},
		{"just not too new", []string{secret}, sign(t, body, now.Add(access.Tolerance), secret), body, nil},
		{"too new", []string{secret}, sign(t, body, now.Add(access.Tolerance+time.Second), secret), body, access.ErrTime},
		{"the end of time", []string{secret}, with(sign(t, body, now, secret), standardwebhooks.HeaderWebhookTimestamp, "9223372036854775807"), body, access.ErrTime},
		{"the beginning of time", []string{secret}, with(sign(t, body, now, secret), standardwebhooks.HeaderWebhookTimestamp, "-9223372036854775808"), body, access.ErrTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := newVerifier(t, c.secrets...).Verify(c.header, []byte(c.body)); !errors.Is(err, c.want) {
				t.Errorf("Verify = %v, want %v", err, c.want)
			}
		})
	}
}

func TestNewVerifier(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string][]string{
		"none":              nil,
		"empty":             {""},
		"only a prefix":     {"whsec_"},
		"no prefix":         {strings.TrimPrefix(secret, "whsec_")},
		"no base64":         {"whsec_" + strings.Repeat("*", 32)},
		"short":             {"whsec_" + strings.Repeat("A", 28)},
		"long":              {"whsec_" + strings.Repeat("A", 88)},
		"one of two is bad": {secret, "whsec_"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := access.NewVerifier(secrets)
			if err == nil {
				t.Fatalf("NewVerifier = %v, want an error", v)
			}
			for _, s := range secrets {
				if len(s) > len("whsec_") && strings.Contains(err.Error(), s) {
					t.Errorf("the error tells the secret: %v", err)
				}
			}
		})
	}
}
