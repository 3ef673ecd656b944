package worker_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"admit/worker"
)

// secret returns a key of 32 equal bytes in base64.
func secret(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

func codec(t *testing.T, text string) worker.Codec {
	t.Helper()
	c, err := worker.NewCodec(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestKeys holds that every mistake is told and no key is shown.
func TestKeys(t *testing.T) {
	t.Parallel()
	const id = "must be id:base64"
	for _, c := range []struct {
		name, text string
		encrypts   bool
		want       []string // a part of each mistake
	}{
		{"none", " ", false, nil},
		{"one", "2026-03:" + secret(1), true, nil},
		{"some", " a:" + secret(1) + " , b:" + secret(2), true, nil},
		{"no ID", secret(1), false, []string{"key 1: " + id}},
		{"an empty ID", ":" + secret(1), false, []string{"key 1: " + id}},
		{"an ID that is none", "a b:" + secret(1) + "," + strings.Repeat("i", 33) + ":" + secret(1), false, []string{"key 1: " + id, "key 2: " + id}},
		{"an empty entry", "a:" + secret(1) + ",", false, []string{"key 2: " + id}},
		{"no base64", "a:" + strings.Repeat("!", 44), false, []string{"key 1 (a): must be 32 bytes"}},
		{"too short", "a:" + base64.StdEncoding.EncodeToString(make([]byte, 16)), false, []string{"key 1 (a): must be 32 bytes"}},
		{"twice", "a:" + secret(1) + ",a:" + secret(2), false, []string{"key 2 (a): another key has the same ID"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := worker.NewCodec(c.text)
			var mistakes []string
			if err != nil {
				mistakes = strings.Split(err.Error(), "\n")
			}
			if len(mistakes) != len(c.want) || got.Encrypts() != c.encrypts {
				t.Fatalf("mistakes %q, want %q; encrypts %v", mistakes, c.want, got.Encrypts())
			}
			for i, want := range c.want {
				if !strings.Contains(mistakes[i], want) || strings.Contains(mistakes[i], secret(1)[:8]) {
					t.Errorf("mistake %q, want %q", mistakes[i], want)
				}
			}
		})
	}
}

func payload(text string) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(text)}
}

func encode(t *testing.T, c worker.Codec, p *commonpb.Payload) *commonpb.Payload {
	t.Helper()
	sealed, err := c.Encode([]*commonpb.Payload{p})
	if err != nil || len(sealed) != 1 {
		t.Fatalf("%d payloads, %v", len(sealed), err)
	}
	return sealed[0]
}

// TestRotation holds that the first key encrypts, that all decrypt, that what was
// never encrypted is read, and that a missing key is named.
func TestRotation(t *testing.T) {
	t.Parallel()
	plain := payload(`"approved"`)
	first, second, both := codec(t, "1:"+secret(1)), codec(t, "2:"+secret(2)), codec(t, "2:"+secret(2)+",1:"+secret(1))
	for _, c := range []struct {
		name         string
		write, read  worker.Codec
		missing, bad string // the key that is missing, or is another one
	}{
		{"the same key", first, first, "", ""},
		{"after the rotation", first, both, "", ""},
		{"before the rotation is over", both, second, "", ""},
		{"keys set later", worker.Codec{}, both, "", ""},
		{"no keys", worker.Codec{}, worker.Codec{}, "", ""},
		{"the new key is not there yet", both, first, "2", ""},
		{"keys taken away", first, worker.Codec{}, "1", ""},
		{"another key of that ID", first, codec(t, "1:"+secret(3)), "", "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sealed := encode(t, c.write, plain)
			opened, err := c.read.Decode([]*commonpb.Payload{sealed})
			if c.missing == "" && c.bad == "" {
				if err != nil || len(opened) != 1 || !proto.Equal(opened[0], plain) {
					t.Fatalf("%v, %v", opened, err)
				}
				return
			}
			var why *worker.KeyError
			if !errors.As(err, &why) || why.ID != c.missing+c.bad || why.Known != (c.bad != "") || why.MissingKey() != c.missing || !strings.Contains(err.Error(), `"`+why.ID+`"`) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestFormat reads a payload as another team's worker would, by what the README
// says of it, and holds that no two are alike.
func TestFormat(t *testing.T) {
	t.Parallel()
	plain := payload(`"approved"`)
	c := codec(t, "2026-03:"+secret(1))
	sealed := encode(t, c, plain)
	if got := string(sealed.Metadata["encoding"]) + " " + string(sealed.Metadata["encryption-key-id"]); got != "binary/encrypted 2026-03" || len(sealed.Metadata) != 2 {
		t.Errorf("metadata %v", sealed.Metadata)
	}
	block, err := aes.NewCipher(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	text, err := aead.Open(nil, sealed.Data[:12], sealed.Data[12:], nil)
	var opened commonpb.Payload
	if err != nil || proto.Unmarshal(text, &opened) != nil || !proto.Equal(&opened, plain) {
		t.Errorf("%v, %v", &opened, err)
	}
	if bytes.Equal(encode(t, c, plain).Data, sealed.Data) || string(plain.Data) != `"approved"` {
		t.Error("the nonce is not random, or what was given is changed")
	}
}

// TestDamagedPayloads holds that none is taken for another, and none panics.
func TestDamagedPayloads(t *testing.T) {
	t.Parallel()
	c := codec(t, "1:"+secret(1))
	for name, damage := range map[string]func(*commonpb.Payload){
		"a bit":         func(p *commonpb.Payload) { p.Data[20] ^= 1 },
		"cut":           func(p *commonpb.Payload) { p.Data = p.Data[:11] },
		"empty":         func(p *commonpb.Payload) { p.Data = nil },
		"no key ID":     func(p *commonpb.Payload) { delete(p.Metadata, "encryption-key-id") },
		"an odd key ID": func(p *commonpb.Payload) { p.Metadata["encryption-key-id"] = []byte("\x00\xff") },
	} {
		sealed := encode(t, c, payload(`"approved"`))
		damage(sealed)
		var why *worker.KeyError
		if opened, err := c.Decode([]*commonpb.Payload{sealed}); !errors.As(err, &why) || opened != nil || why.MissingKey() != "" {
			t.Errorf("%s: %v, %v", name, opened, err)
		}
	}
}

// TestConverters holds what clients and workers convert with.
func TestConverters(t *testing.T) {
	t.Parallel()
	type state struct{ Stage string }
	c := codec(t, "1:"+secret(1))
	sealed, err := c.DataConverter().ToPayloads(state{"approved"}, "user-1")
	var s state
	var user string
	if err == nil {
		err = c.DataConverter().FromPayloads(sealed, &s, &user)
	}
	if err != nil || s.Stage != "approved" || user != "user-1" || strings.Contains(sealed.String(), "approved") || strings.Contains(sealed.String(), "user-1") {
		t.Errorf("%v, %q, %v in %s", s, user, err, sealed)
	}
	failure := c.FailureConverter().ErrorToFailure(temporal.NewApplicationError("user-1 is gone", "Gone"))
	if strings.Contains(failure.String(), "user-1") || failure.GetApplicationFailureInfo().GetType() != "Gone" {
		t.Errorf("the failure says %s", failure)
	}
	if got := c.FailureConverter().FailureToError(failure); !strings.Contains(got.Error(), "user-1 is gone") {
		t.Errorf("error %v", got)
	}
	if got := (worker.Codec{}).FailureConverter().ErrorToFailure(errors.New("away")); got.GetMessage() != "away" {
		t.Errorf("without keys the failure says %s", got)
	}
	plain, err := worker.Codec{}.DataConverter().ToPayload(state{"approved"})
	want, other := converter.GetDefaultDataConverter().ToPayload(state{"approved"})
	if err != nil || other != nil || !proto.Equal(plain, want) {
		t.Errorf("without keys %v, %v, want %v, %v", plain, err, want, other)
	}
}
