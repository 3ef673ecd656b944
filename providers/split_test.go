package providers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"unicode/utf8"

	"admit/providers"
)

// objects holds objects whose parts end in many ways.
var objects = []string{
	`{}`, " \t\r\n{ \t\r\n} \t\r\n", `{"a":1}`, `{"a":-0.5e+3,"b":true}`, "{\n  \"a\" : null ,\n  \"b\" : 1\n}",
	`{"a":"","":"a"}`, `{"a":"\"","\"":"}"}`, `{"a\\":"\\","b":"\\\""}`, `{"a":{},"b":[]}`, `{"a":{"b":{"c":[1,[2,{"d":"]}"}],3]}},"e":[{}]}`,
	`{"a":[ 1 , "}" , { "b" : [ ] } ] ,"c":false}`, `{"a":1,"a":2}`, `{"\u0061":"\u0062\ud83d\ude00\ud800"}`, `{"ä":"ö"}`,
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, text := range append(objects, odd...) {
		t.Run(short(text), func(t *testing.T) {
			t.Parallel()
			checkParse(t, []byte(text))
		})
	}
}

// FuzzParse holds that an object is split where the decoder of encoding/json
// splits it.
func FuzzParse(f *testing.F) {
	for _, p := range []provider{providers.P100{}, providers.XGateway{}} {
		for _, body := range seeds(f, p) {
			f.Add(body)
		}
	}
	for _, text := range append(objects, odd...) {
		if len(text) < 1<<10 { // long ones keep the fuzzer busy making them shorter
			f.Add([]byte(text))
		}
	}
	f.Fuzz(checkParse)
}

func checkParse(t *testing.T, text []byte) {
	got, err := providers.Parse(text)
	want, ok := decoded(text)
	if !ok {
		if !errors.Is(err, providers.ErrMalformed) {
			t.Fatalf("error %v of what is no object", err)
		}
		return
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%q, %v, want %q", got, err, want)
	}
}

// decoded reads an object by way of a json.Decoder; false where it is none.
func decoded(text []byte) (out []providers.Member, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	first, err := d.Token()
	if !utf8.Valid(text) || !json.Valid(text) || err != nil || first != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		start := int(d.InputOffset())
		start += bytes.IndexByte(text[start:], '"')
		name, err := d.Token()
		m := providers.Member{}
		if err != nil || d.Decode(&m.Value) != nil {
			return nil, false
		}
		m.Name, m.Text = name.(string), string(text[start:d.InputOffset()])
		out = append(out, m)
	}
	return out, true
}

func BenchmarkP100Decode(b *testing.B) {
	body := load(b, providers.P100{}, "kyc-rejected.json")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (providers.P100{}).Decode(providers.P100KYC, body); err != nil {
			b.Fatal(err)
		}
	}
}
