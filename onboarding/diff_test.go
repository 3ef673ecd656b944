package onboarding_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"admit/onboarding"
)

// TestDiffNamesEveryField fills every field of a state by reflection and holds
// that the changes name all of it: a field that fields() forgets would be lost to
// the audit.
func TestDiffNamesEveryField(t *testing.T) {
	t.Parallel()
	var full onboarding.State
	fill(reflect.ValueOf(&full).Elem(), 0)
	rebuilt, err := onboarding.Patch(onboarding.State{}, onboarding.Diff(onboarding.State{}, full))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(rebuilt, full) {
		t.Fatalf("rebuilt\n%+v\nwant\n%+v", rebuilt, full)
	}
}

func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Pointer:
		if depth < 4 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), depth+2)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(t0))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	}
}

func TestPatchRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]onboarding.Change{
		"an unknown field": {Path: "mood", After: json.RawMessage(`"good"`)},
		"a wrong type":     {Path: "version", After: json.RawMessage(`"good"`)},
	} {
		if _, err := onboarding.Patch(onboarding.State{}, []onboarding.Change{c}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
