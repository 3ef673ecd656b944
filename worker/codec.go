package worker

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// What an encrypted payload says of itself, in the words of the encryption samples
// of Temporal's SDKs: a worker in any language that is given the keys can read it.
const (
	encodingEncrypted = "binary/encrypted"
	metadataKeyID     = "encryption-key-id"
)

// keySize is the length of a key in bytes: AES-256.
const keySize = 32

// keyID is what a key may be called. The ID is in every payload in the clear, and
// counts against the server's limits.
var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// Codec encrypts what Temporal keeps, and reads it again. The data of a payload is
// a random nonce of 12 bytes, then the payload that it stands for, encoded as a
// protocol buffer and sealed by AES-256-GCM. No further data is authenticated, so a
// payload can be read wherever a history carries it, as in the run after this one.
//
// The zero Codec has no keys: it encrypts nothing.
type Codec struct{ keys []key }

type key struct {
	id   string
	aead cipher.AEAD
}

var _ converter.PayloadCodec = Codec{}

// KeyError means that a payload cannot be decrypted with the keys that there are.
type KeyError struct {
	// ID of the key that the payload names, "" when it names none that could be one.
	ID string
	// Known says that there is a key of that ID: it is another one, or the payload
	// is damaged.
	Known bool
}

// Error implements error. It quotes nothing but the ID.
func (e *KeyError) Error() string {
	if e.Known {
		return fmt.Sprintf("a payload cannot be decrypted with the key %q: it is damaged, or another key had this ID", e.ID)
	}
	return fmt.Sprintf("a payload is encrypted with the key %q, which is not among the keys of this process", e.ID)
}

// MissingKey returns the ID of a key that is not there, "" when it is.
func (e *KeyError) MissingKey() string {
	if e.Known {
		return ""
	}
	return e.ID
}

// NewCodec reads keys as id:base64, separated by commas. The first encrypts, all
// decrypt. IDs are unique and match [A-Za-z0-9._-]{1,32}; a key has 32 bytes. The
// error joins one for each mistake and quotes no key; an empty text has no keys
// and no mistake.
func NewCodec(text string) (Codec, error) {
	var c Codec
	var mistakes []error
	if strings.TrimSpace(text) == "" {
		return c, nil
	}
	for i, entry := range strings.Split(text, ",") {
		k, err := parseKey(strings.TrimSpace(entry))
		if err == nil && slices.ContainsFunc(c.keys, func(other key) bool { return other.id == k.id }) {
			err = errors.New("another key has the same ID")
		}
		if err != nil {
			called := ""
			if k.id != "" {
				called = " (" + k.id + ")"
			}
			mistakes = append(mistakes, fmt.Errorf("key %d%s: %w", i+1, called, err))
			continue
		}
		c.keys = append(c.keys, k)
	}
	if len(mistakes) > 0 {
		return Codec{}, errors.Join(mistakes...)
	}
	return c, nil
}

// parseKey returns a key without an ID where what stands there is none: it may be
// a key in the wrong place.
func parseKey(entry string) (key, error) {
	id, encoded, found := strings.Cut(entry, ":")
	if !found || !keyID.MatchString(id) {
		return key{}, errors.New("must be id:base64, with an ID of [A-Za-z0-9._-], at most 32 characters")
	}
	k := key{id: id}
	// The decoder's error would say where the key is wrong, and so something of it.
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(secret) != keySize {
		return k, fmt.Errorf("must be %d bytes in base64, as openssl rand -base64 %[1]d makes them", keySize)
	}
	block, err := aes.NewCipher(secret)
	if err == nil {
		k.aead, err = cipher.NewGCMWithRandomNonce(block)
	}
	if err != nil {
		return k, fmt.Errorf("AES-256-GCM: %w", err)
	}
	return k, nil
}

// Encrypts says whether there are keys.
func (c Codec) Encrypts() bool { return len(c.keys) > 0 }

// Encode implements converter.PayloadCodec.
func (c Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.Encrypts() {
		return payloads, nil
	}
	k := c.keys[0]
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encrypt a payload: %w", err)
		}
		sealed[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encodingEncrypted), metadataKeyID: []byte(k.id)},
			Data:     k.aead.Seal(nil, nil, plain, nil),
		}
	}
	return sealed, nil
}

// Decode implements converter.PayloadCodec. A payload that is not encrypted is
// returned as it is: histories go back to before there were keys. Any error is or
// wraps a KeyError.
func (c Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != encodingEncrypted {
			opened[i] = p
			continue
		}
		plain, err := c.open(p)
		if err != nil {
			return nil, err
		}
		opened[i] = plain
	}
	return opened, nil
}

func (c Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := string(p.GetMetadata()[metadataKeyID])
	if !keyID.MatchString(id) {
		return nil, &KeyError{}
	}
	at := slices.IndexFunc(c.keys, func(k key) bool { return k.id == id })
	if at < 0 {
		return nil, &KeyError{ID: id}
	}
	plain, err := c.keys[at].aead.Open(nil, nil, p.GetData(), nil)
	opened := &commonpb.Payload{}
	if err == nil {
		err = proto.Unmarshal(plain, opened)
	}
	if err != nil {
		return nil, &KeyError{ID: id, Known: true} // the cause says no more than that
	}
	return opened, nil
}
